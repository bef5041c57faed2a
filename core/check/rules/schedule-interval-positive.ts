import { isZeroDuration, parseDuration } from "../../lib/duration.ts";
import type { Rule } from "../rule.ts";

/** `schedule.every` has a length: without one the workflow would start without end. */
export const scheduleIntervalPositive: Rule = {
  code: "OW1124",
  name: "schedule-interval-positive",
  severity: "error",
  summary: "An interval of no length.",
  explanation:
    "`schedule.every` starts the workflow again and again after this time, which must be longer than nothing.",
  *find({ document }) {
    const every = document.schedule?.every;
    const duration = every === undefined ? undefined : parseDuration(every as never).duration;
    if (duration !== undefined && isZeroDuration(duration)) {
      yield {
        pointer: "/schedule/every",
        at: "key",
        message: "Cannot start the workflow every 0 seconds: the interval should be longer than nothing",
      };
    }
  },
};
