import { formats } from "../../lib/json-schema/formats.ts";
import type { Rule } from "../rule.ts";

/** The time of an event is an instant. */
export const dateTimeParses: Rule = {
  code: "OW1119",
  name: "date-time-parses",
  severity: "error",
  summary: "An event's `time` that is no instant.",
  explanation:
    "`time` is an RFC 3339 instant such as `2026-01-31T12:00:00Z`, or an expression in `${ }`. Left out, it is the time at which the event is emitted.",
  *find(context) {
    for (const { pointer, value } of context.texts("date-time")) {
      if (value.includes("${") || formats.get("date-time")?.(value) === true) continue;
      yield {
        pointer,
        message: `Cannot read the time "${value.slice(0, 60)}": it should be an instant such as 2026-01-31T12:00:00Z`,
      };
    }
  },
};
