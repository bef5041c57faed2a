/** A part of a text that matched, in code points. */
export interface RegexSpan {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/** A match and its groups by number; undefined for groups that took no part. */
export interface RegexMatch extends RegexSpan {
  /** The same span in UTF-16 units, for slicing the text. */
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (RegexSpan | undefined)[];
}

/** A pattern that is no valid regular expression, or uses what this engine does not support. */
export class RegexSyntaxError extends Error {
  override readonly name = "RegexSyntaxError";
  /** Where in the pattern, in UTF-16 units. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A search that used up its moves, as patterns do that try exponentially many ways to match. */
export class RegexLimitError extends Error {
  override readonly name = "RegexLimitError";
}
