import type { SourceSpan } from "../expression-error.ts";

/** The place from the beginning of one part of a source to the end of another. */
export function spanOf(first: SourceSpan, last: SourceSpan = first): SourceSpan {
  return { offset: first.offset, length: Math.max(last.offset + last.length - first.offset, 0) };
}
