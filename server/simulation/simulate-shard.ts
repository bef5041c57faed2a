import { coreInterpreter } from "../engine/embedded/core-interpreter.ts";
import { keptSeeds } from "./kept-seeds.ts";
import { runSeed, runSeeds, type SeedResult } from "./run-seed.ts";

/** Seeds of a run of the tests, over all shards. */
export const SEEDS = 10_000;
const SHARDS = 2;
const options = { interpreter: coreInterpreter };

/** Runs every second seed of the tests' range (and, in the first shard, the kept ones) and gives back those that failed. */
export async function simulateShard(
  shard: number,
): Promise<{ readonly seeds: number; readonly failed: readonly SeedResult[] }> {
  const own = Array.from({ length: SEEDS / SHARDS }, (_, at) => 1 + at * SHARDS + shard);
  const failed: SeedResult[] = [];
  let seeds = 0;
  await runSeeds([...(shard === 0 ? keptSeeds() : []), ...own], options, (result) => {
    seeds++;
    if (result.violations.length > 0) failed.push(result);
    return failed.length < 5;
  });
  return { seeds, failed };
}

/** Runs a seed twice; both must write the very same records in the same order. */
export function runTwice(seed: number): Promise<readonly [number, number]> {
  return new Promise((resolve) =>
    setImmediate(() => resolve([runSeed(seed, options).hash, runSeed(seed, options).hash])),
  );
}
