import { addDuration, parseDuration } from "../../lib/duration.ts";
import type { Json } from "../../lib/json.ts";
import { parentPointer } from "../../lib/json-pointer.ts";
import type { Rule } from "../rule.ts";

/** A jitter's `from` is not longer than its `to`. */
export const jitterRange: Rule = {
  code: "OW1125",
  name: "jitter-range",
  severity: "error",
  summary: "A jitter that ends before it starts.",
  explanation:
    "Between `jitter.from` and `jitter.to` a time is chosen at random and added to the delay of a retry, so `from` must not be longer than `to`.",
  *find({ sites }) {
    const lengths = new Map<string, number>();
    for (const { role, pointer, value } of sites) {
      if (role === "duration" && /\/jitter\/(?:from|to)$/u.test(pointer)) lengths.set(pointer, lengthMs(value));
    }
    for (const [pointer, from] of lengths) {
      const to = lengths.get(`${parentPointer(pointer)}/to`);
      if (pointer.endsWith("/from") && to !== undefined && from > to) {
        yield { pointer, at: "key", message: "Cannot use this jitter: `from` is longer than `to`, it should not be" };
      }
    }
  },
};

/** NaN for what is only known at run time; it compares as false. */
function lengthMs(value: Json): number {
  const { duration } = parseDuration(value);
  return duration === undefined ? Number.NaN : addDuration(0, duration);
}
