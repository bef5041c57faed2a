import { expect, test } from "vitest";
import { SEEDS, simulateShard } from "./simulate-shard.ts";

test("simulation keeps every invariant, shard 1 of 2", { timeout: 600_000 }, async () => {
  const { seeds, failed } = await simulateShard(1);
  expect(failed).toEqual([]);
  expect(seeds).toBeGreaterThanOrEqual(SEEDS / 2);
});
