/** Offsets into the text; `end` is one past the last character. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** How a scalar is written: decides how offsets in its value map to offsets in the text. */
export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded";

/** Where one value of a document stands in the text. Values that an alias or a merge brings in keep the places of their anchor. */
export interface SourceNode extends SourceRange {
  readonly kind: "scalar" | "sequence" | "mapping";
  /** The key, for a value of a mapping. */
  readonly key?: SourceRange;
  /** The values inside, by key or index. */
  readonly children: ReadonlyMap<string, SourceNode>;
  readonly scalar?: { readonly style: ScalarStyle; readonly indent: number; readonly value: string };
}

/** The range that best marks a node: a scalar itself, otherwise its key, otherwise the first key inside. */
export function markOf(node: SourceNode): SourceRange {
  if (node.kind === "scalar" && node.scalar?.style === "double") return { start: node.start - 1, end: node.end + 1 };
  if (node.kind === "scalar" && node.scalar?.style === "single") return { start: node.start - 1, end: node.end + 1 };
  if (node.kind === "scalar" && node.end > node.start) return node;
  if (node.key !== undefined) return node.key;
  const first = node.children.values().next().value;
  if (node.kind === "mapping" && first?.key !== undefined) return first.key;
  return { start: node.start, end: Math.max(node.start + 1, node.start) };
}

/** The range of a part of a scalar's value; the whole scalar where the writing of it does not let the part be found. */
export function spanInScalar(text: string, node: SourceNode, offset: number, length: number): SourceRange {
  const { scalar } = node;
  if (scalar === undefined) return markOf(node);
  const raw = text.slice(node.start, node.end);
  const place = (at: number): number | undefined => {
    if (raw === scalar.value) return node.start + at;
    if (scalar.style === "literal") return placeInLiteral(text, node, scalar, at);
    if (/[\r\n]/u.test(raw)) return undefined;
    return node.start + rawOffset(raw, scalar.style, at);
  };
  const start = place(offset);
  const end = place(offset + length);
  if (start === undefined || end === undefined || end < start) return markOf(node);
  return { start, end: Math.max(end, start + 1) };
}

function placeInLiteral(
  text: string,
  node: SourceNode,
  scalar: { readonly indent: number; readonly value: string },
  at: number,
): number | undefined {
  const before = scalar.value.slice(0, at);
  const lineIndex = before.split("\n").length - 1;
  const columnInLine = before.length - (before.lastIndexOf("\n") + 1);
  let lineStart = node.start;
  // The content starts at the first character of its first line's indentation.
  for (let skipped = 0; skipped < lineIndex; skipped++) {
    const next = text.indexOf("\n", lineStart);
    if (next < 0 || next >= node.end) return undefined;
    lineStart = next + 1;
  }
  const lineEnd = text.indexOf("\n", lineStart);
  const place = lineStart + scalar.indent + columnInLine;
  return Math.min(place, lineEnd < 0 ? node.end : lineEnd);
}

/** How far into the raw text the `at`-th unit of the value stands, escapes counted. */
function rawOffset(raw: string, style: ScalarStyle, at: number): number {
  let position = 0;
  for (let decoded = 0; decoded < at && position < raw.length; decoded++) position += rawLength(raw, style, position);
  return position;
}

function rawLength(raw: string, style: ScalarStyle, position: number): number {
  if (style === "single") return raw.startsWith("''", position) ? 2 : 1;
  if (style !== "double" || raw[position] !== "\\") return 1;
  const digits = { x: 2, u: 4, U: 8 }[raw[position + 1] ?? ""] ?? 0;
  return 2 + digits;
}
