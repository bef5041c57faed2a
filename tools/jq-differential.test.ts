import { describe, expect } from "vitest";
import { describeReport, differential } from "./jq-differential.ts";
import { itNeeding, lackOfPrograms } from "./testing/need.ts";

describe("expressions against native jq", () => {
  itNeeding(
    lackOfPrograms("jq"),
    "agree on random programs, but for what the versions are known to differ in",
    () => {
      const report = differential(200, 1_000_000);
      console.log(describeReport(report));
      const compared = report.programs - report.skipped;
      expect(compared).toBeGreaterThan(150);
      expect((report.agreed + report.agreedButWords) / compared).toBeGreaterThan(0.93);
      expect(report.disagreements.filter(({ kind }) => kind === "unexplained")).toEqual([]);
    },
    120_000,
  );
});
