import { describe, expect, test } from "vitest";
import { faultPoints } from "./fault-point.ts";
import { isInstalled } from "./server-process.ts";
import { sweep } from "./sweep.ts";

describe.skipIf(!isInstalled("strace"))("faults at system calls (needs strace)", () => {
  test("a kill, an error and a full disk at any call lose nothing acknowledged and are told clearly", async () => {
    let hit = 0;
    for await (const report of sweep(faultPoints, 2, 1)) {
      expect(report.wrong, report.fault).toEqual([]);
      hit += report.hit;
    }
    expect(hit).toBeGreaterThan(faultPoints.length / 2);
  }, 300_000);
});
