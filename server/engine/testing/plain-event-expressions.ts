import { getKey, isJsonObject, type Json } from "@stigmer/core/lib/json.ts";
import type { EventExpressions } from "../../events/event-expressions.ts";

/** Event expressions of the form `.a.b` only: enough for generated filters, and independent of the jq engine. */
export const plainEventExpressions: EventExpressions = {
  first(source: string, input: Json): Json | undefined {
    let value: Json | undefined = input;
    for (const segment of source
      .replace(/^\$\{\s*|\s*\}$/gu, "")
      .split(".")
      .filter((part) => part !== "")) {
      value = isJsonObject(value) ? getKey(value, segment.trim()) : undefined;
    }
    return value;
  },
  matches: (pattern, text) => pattern === text,
};
