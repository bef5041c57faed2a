import type { Json } from "@stigmer/core/lib/json.ts";

/** Evaluates what filters hold of jq: pure, bounded in time, never throwing (an error of the expression is "no value"). */
export interface EventExpressions {
  /** The first output of a jq expression; undefined when there is none or it fails. */
  first(source: string, input: Json): Json | undefined;
  /** Whether the whole of a text matches a regular expression, in time linear in its length. */
  matches(pattern: string, text: string): boolean;
}
