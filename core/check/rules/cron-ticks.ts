import { nextCronTick } from "../../lib/cron/next-cron-tick.ts";
import { parseCron } from "../../lib/cron/parse-cron.ts";
import type { Rule } from "../rule.ts";

/** Any instant does to see whether a schedule ever ticks; this one is the start of 2024. */
const SOME_INSTANT_MS = 1_704_067_200_000;

/** A cron expression describes a time that comes. */
export const cronTicks: Rule = {
  code: "OW1113",
  name: "cron-ticks",
  severity: "error",
  summary: "A cron expression for a time that never comes.",
  explanation:
    "The fields are right by themselves, but no day has them all, such as 30 February. The workflow would never start.",
  *find(context) {
    for (const { pointer, value } of context.texts("cron")) {
      const { cron } = parseCron(value);
      if (cron !== undefined && nextCronTick(cron, SOME_INSTANT_MS) === undefined) {
        yield {
          pointer,
          message: `Cannot use the cron expression "${value.slice(0, 60)}": no day of the calendar matches it`,
        };
      }
    }
  },
};
