import { expect, test } from "vitest";
import { describeNeeding, lackOfPrograms } from "../../tools/testing/need.ts";
import { limitCases, tryLimit } from "./limits.ts";

describeNeeding(lackOfPrograms("prlimit"), "limits of a process and ways to end it", () => {
  test.each(limitCases.map((one) => [one.name, one] as const))(
    "%s: nothing acknowledged is lost",
    async (_name, one) => {
      expect(await tryLimit(one)).toEqual([]);
    },
  );
});
