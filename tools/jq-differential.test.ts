import { describe, expect, test } from "vitest";
import { describeReport, differential, nativeVersion } from "./jq-differential.ts";

const isMissing = nativeVersion() === undefined;

describe("expressions against native jq", () => {
  test("native jq is installed where the checks run", () => {
    if (process.env["CI"] === "true") expect(isMissing).toBe(false);
  });

  test.skipIf(isMissing)(
    "agree on random programs, but for what the versions are known to differ in (skipped where jq is missing)",
    { timeout: 120_000 },
    () => {
      const report = differential(200, 1_000_000);
      console.log(describeReport(report));
      const compared = report.programs - report.skipped;
      expect(compared).toBeGreaterThan(150);
      expect((report.agreed + report.agreedButWords) / compared).toBeGreaterThan(0.93);
      expect(report.disagreements.filter(({ kind }) => kind === "unexplained")).toEqual([]);
    },
  );
});
