import { describe, expect, test } from "vitest";
import { clockCases, hasFakeTime, tryClock } from "./clock.ts";

describe.skipIf(!hasFakeTime)("jumps of the wall clock (needs faketime)", () => {
  test.each(clockCases.map((one) => [one.name, one] as const))(
    "%s: timers are neither early nor lost",
    async (_name, one) => {
      expect(await tryClock(one)).toEqual([]);
    },
  );
});
