import type { Json } from "../lib/json.ts";

/** A place in an expression's source, in UTF-16 units from its first character, so that a document checker can point at line and column. */
export interface SourceSpan {
  readonly offset: number;
  readonly length: number;
}

/** A source text that is no valid expression: a syntax error, or a function, variable or label that does not exist. */
export class ExpressionSyntaxError extends Error implements SourceSpan {
  override readonly name = "ExpressionSyntaxError";
  readonly offset: number;
  readonly length: number;
  /** What the author may have meant, as a whole sentence. */
  readonly hint?: string;
  /** Where in the structure the expression stands, as a JSON pointer; set by templates. */
  readonly pointer?: string;

  constructor(message: string, span: SourceSpan, details: { readonly hint?: string; readonly pointer?: string } = {}) {
    super(message);
    this.offset = span.offset;
    this.length = span.length;
    if (details.hint !== undefined) this.hint = details.hint;
    if (details.pointer !== undefined) this.pointer = details.pointer;
  }
}

/** An evaluation that failed with an error of the language: `value` is what `catch` would have seen, the message is in jq 1.8's words. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly value: Json;
  /** Where in the structure the expression stands, as a JSON pointer; set by templates. */
  readonly pointer?: string;

  constructor(message: string, value: Json, pointer?: string) {
    super(message);
    this.value = value;
    if (pointer !== undefined) this.pointer = pointer;
  }
}

/** Which budget an evaluation used up; see {@link Limits}. */
export type LimitKind = "steps" | "size" | "depth" | "regex";

/** An evaluation stopped because it exceeded a budget. Nothing inside an expression can catch it: neither `try` nor `?` nor `//`. */
export class ExpressionLimitError extends Error {
  override readonly name = "ExpressionLimitError";
  readonly limit: LimitKind;

  constructor(limit: LimitKind, message: string) {
    super(message);
    this.limit = limit;
  }
}
