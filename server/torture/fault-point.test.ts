import { expect, test } from "vitest";
import { describeNeeding, lackOfPrograms } from "../../tools/testing/need.ts";
import { faultPoints } from "./fault-point.ts";
import { sweep } from "./sweep.ts";

describeNeeding(lackOfPrograms("strace"), "faults at system calls", () => {
  test("a kill, an error and a full disk at any call lose nothing acknowledged and are told clearly", async () => {
    let hit = 0;
    for await (const report of sweep(faultPoints, 2, 1)) {
      expect(report.wrong, report.fault).toEqual([]);
      hit += report.hit;
    }
    expect(hit).toBeGreaterThan(faultPoints.length / 2);
  }, 300_000);
});
