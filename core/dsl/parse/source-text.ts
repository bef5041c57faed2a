/** Lines longer than this are shown in part around the token. */
const SHOWN_COLUMNS_MAX = 160;

/** A line and column, both from 1; columns count UTF-16 units. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** A text with its lines: turns offsets into lines and columns. Line breaks are those of YAML: LF, CR LF, CR. */
export class SourceText {
  readonly text: string;
  readonly file: string | undefined;
  readonly #lineStarts: readonly number[];

  constructor(text: string, file?: string) {
    this.text = text;
    this.file = file;
    const starts = [0];
    for (const match of text.matchAll(/\r\n|\n|\r/gu)) starts.push(match.index + match[0].length);
    this.#lineStarts = starts;
  }

  /** The place of an offset; offsets outside the text are moved to its nearest end. */
  position(offset: number): SourcePosition {
    const inside = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#lineStarts[middle] as number) <= inside) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: inside - (this.#lineStarts[low] as number) + 1 };
  }

  /** The offset at which a line starts, the end of the text for lines beyond it. */
  lineStart(line: number): number {
    return this.#lineStarts[line - 1] ?? this.text.length;
  }

  /** The part of a line to show around a column, and how many columns were left out before it. */
  shownLine(line: number, column: number): { readonly text: string; readonly columnOffset: number } {
    const start = this.lineStart(line);
    const text = this.text.slice(start, this.lineStart(line + 1)).replace(/[\r\n]+$/u, "");
    if (text.length <= SHOWN_COLUMNS_MAX) return { text, columnOffset: 0 };
    const columnOffset = Math.max(0, Math.min(column - 1 - SHOWN_COLUMNS_MAX / 2, text.length - SHOWN_COLUMNS_MAX));
    return { text: text.slice(columnOffset, columnOffset + SHOWN_COLUMNS_MAX), columnOffset };
  }
}
