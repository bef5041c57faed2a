import { describe, expect, test } from "vitest";
import { limitCases, tryLimit } from "./limits.ts";
import { isInstalled } from "./server-process.ts";

describe.skipIf(!isInstalled("prlimit"))("limits of a process and ways to end it (needs prlimit)", () => {
  test.each(limitCases.map((one) => [one.name, one] as const))(
    "%s: nothing acknowledged is lost",
    async (_name, one) => {
      expect(await tryLimit(one)).toEqual([]);
    },
  );
});
