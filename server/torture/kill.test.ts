import { expect, test } from "vitest";
import { killServers } from "./kill.ts";

test("20 kills of the server under load lose nothing acknowledged, and every run comes out right", async () => {
  const { kills, acks, runs, wrong } = await killServers({ kills: 20, seed: 1, loadMs: 150, callers: [12, 4, 2] });
  expect(wrong).toEqual([]);
  expect({ kills, hasAcks: acks > 20, hasRuns: runs > 20 }).toEqual({ kills: 20, hasAcks: true, hasRuns: true });
}, 300_000);
