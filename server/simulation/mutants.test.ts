import { describe, expect, test } from "vitest";
import { coreInterpreter } from "../engine/embedded/core-interpreter.ts";
import { mutants } from "./mutants.ts";
import { runSeeds } from "./run-seed.ts";
import { runTwice } from "./simulate-shard.ts";

const SEEDS_MAX = 2_000;

describe("planted faults", () => {
  test("are at least 60, each with a name of its own", () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
    expect(mutants.length).toBeGreaterThanOrEqual(60);
  });

  test.each(mutants)("an engine that $name is found", { timeout: 600_000 }, async (mutant) => {
    let foundBy: number | undefined;
    const seeds = Array.from({ length: SEEDS_MAX }, (_, at) => 1 + at);
    await runSeeds(seeds, { interpreter: coreInterpreter, mutant }, ({ seed, violations }) => {
      if (violations.length === 0) return true;
      foundBy = seed;
      return false;
    });
    expect(foundBy).toBeDefined();
  });
});

test("runSeed gives the same history for the same seed", { timeout: 120_000 }, async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const [first, second] = await runTwice(seed);
    expect(second, `seed ${String(seed)}`).toBe(first);
  }
});
