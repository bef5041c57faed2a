import { beforeAll, expect, test } from "vitest";
import { describeNeeding, lackOfPrograms } from "../../tools/testing/need.ts";
import { cutPower, record, type Recording } from "./power-loss.ts";

describeNeeding(lackOfPrograms("strace"), "power loss", () => {
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

  test.each([
    ["did not sync", () => false],
    ["left the flush of its log to SQLite", ({ path }: { readonly path: string }) => !path.endsWith("-wal")],
  ])(
    "a server that %s would be found out",
    async (_name, isKept) => {
      const operations = recording.operations.filter((operation) => operation.kind !== "sync" || isKept(operation));
      const { wrong } = await cutPower({ ...recording, operations }, 20, 1);
      expect(wrong.join("\n")).toContain("is gone");
    },
    120_000,
  );
});
