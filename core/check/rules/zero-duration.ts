import { isZeroDuration, parseDuration } from "../../lib/duration.ts";
import type { Rule } from "../rule.ts";

/** A wait that does not wait, or a timeout that is over before it starts. */
export const zeroDuration: Rule = {
  code: "OW2022",
  name: "zero-duration",
  severity: "warning",
  summary: "A wait or timeout of no length.",
  explanation: "A `wait` of no time does nothing. A `timeout` of no time ends the task before it can do anything.",
  *find({ sites }) {
    for (const { role, pointer, value } of sites) {
      if (role !== "duration" || !/\/(?:wait|timeout\/after|timeouts\/[^/]*\/after)$/u.test(pointer)) continue;
      const { duration } = parseDuration(value);
      if (duration !== undefined && isZeroDuration(duration))
        yield { pointer, at: "key", message: "This duration has no length" };
    }
  },
};
