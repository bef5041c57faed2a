import { parseCron } from "../../lib/cron/parse-cron.ts";
import type { Rule } from "../rule.ts";

/** A schedule's cron expression can be read. */
export const cronParses: Rule = {
  code: "OW1112",
  name: "cron-parses",
  severity: "error",
  summary: "A cron expression that cannot be read.",
  explanation:
    "Five fields: minute, hour, day of month, month, day of week (`0 9 * * MON-FRI`); or six, with the second first; or a macro such as `@daily`. `CRON_TZ=Europe/Paris` in front of it sets the time zone, which is UTC otherwise.",
  *find(context) {
    for (const { pointer, value } of context.texts("cron")) {
      const parsed = parseCron(value);
      if (parsed.cron !== undefined) continue;
      const { problem, offset, length } = parsed;
      yield {
        pointer,
        span: { offset, length },
        message: `Cannot read the cron expression "${value.slice(0, 60)}": ${problem}`,
      };
    }
  },
};
