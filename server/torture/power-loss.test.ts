import { beforeAll, describe, expect, test } from "vitest";
import { cutPower, record, type Recording } from "./power-loss.ts";
import { isInstalled } from "./server-process.ts";

describe.skipIf(!isInstalled("strace"))("power loss (needs strace)", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await record(60, 1);
  }, 120_000);

  test("500 states of the disk after a power loss keep all that was acknowledged, whole", async () => {
    const { states, checkedAcks, withUnsynced, wrong } = await cutPower(recording, 500, 1);
    expect(wrong).toEqual([]);
    expect(states).toBe(500);
    expect(checkedAcks).toBeGreaterThan(5_000);
    expect(withUnsynced).toBeGreaterThan(100);
  }, 300_000);

  test("a server that did not sync would be found out", async () => {
    const operations = recording.operations.filter(({ kind }) => kind !== "sync");
    const { wrong } = await cutPower({ ...recording, operations }, 10, 1);
    expect(wrong.join("\n")).toContain("is gone");
  }, 120_000);
});
