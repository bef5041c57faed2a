import { expect, test } from "vitest";
import { describeNeeding } from "../../tools/testing/need.ts";
import { clockCases, hasFakeTime, tryClock } from "./clock.ts";

describeNeeding(hasFakeTime ? undefined : "needs faketime, which is not installed", "jumps of the wall clock", () => {
  test.each(clockCases.map((one) => [one.name, one] as const))(
    "%s: timers are neither early nor lost",
    async (_name, one) => {
      expect(await tryClock(one)).toEqual([]);
    },
  );
});
