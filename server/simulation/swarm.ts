import type { EngineOptions } from "../engine/embedded/options.ts";
import type { Random } from "./random.ts";

/** What may go wrong in a world, and how the engine is set up. Each seed draws its own mix: most faults off, some far too frequent, because faults hide each other. */
export interface Swarm {
  readonly crash: number;
  readonly downtimeMs: number;
  readonly commitSlow: number;
  readonly commitFull: number;
  readonly commitFailed: number;
  readonly activityFails: number;
  readonly activitySilent: number;
  readonly activitySlowMs: number;
  readonly clockJump: number;
  readonly bitFlip: number;
  readonly duplicateEvent: number;
  readonly controls: number;
  readonly watchers: number;
  readonly queuedWritesMax: number;
  readonly options: Partial<EngineOptions>;
}

/** Draws the mix of a seed. */
export function drawSwarm(random: Random): Swarm {
  const rarely = (probability: number, value: () => number): number => (random.chance(probability) ? value() : 0);
  const crashes = random.chance(0.7);
  return {
    crash: crashes ? random.pick([0.001, 0.003, 0.01, 0.03]) : 0,
    downtimeMs: random.pick([0, 10, 5_000, 120_000]),
    commitSlow: rarely(0.3, () => random.pick([0.05, 0.5])),
    commitFull: rarely(0.2, () => random.pick([0.02, 0.3])),
    commitFailed: rarely(0.3, () => random.pick([0.005, 0.05])),
    activityFails: rarely(0.5, () => random.pick([0.05, 0.3])),
    activitySilent: crashes ? rarely(0.3, () => 0.1) : 0,
    activitySlowMs: random.pick([0, 5, 200, 20_000]),
    clockJump: rarely(0.2, () => 0.005),
    bitFlip: rarely(0.1, () => 0.3),
    duplicateEvent: rarely(0.4, () => 0.3),
    controls: rarely(0.5, () => random.pick([0.2, 1])),
    watchers: rarely(0.4, () => 0.5),
    queuedWritesMax: random.chance(0.15) ? random.pick([8, 40]) : Infinity,
    options: drawOptions(random),
  };
}

function drawOptions(random: Random): Partial<EngineOptions> {
  const hostile = random.chance(0.5);
  const pick = <Value>(tame: Value, wild: readonly Value[]): Value =>
    hostile && random.chance(0.6) ? random.pick(wild) : tame;
  return {
    cacheBytesMax: pick(1_000_000, [0, 5_000]),
    factsPerCommitMax: pick(256, [1, 2]),
    timersInMemoryMax: pick(1_000, [1, 2]),
    timerHorizonMs: pick(60_000, [100, 5_000]),
    snapshotEveryRecords: pick(64, [1, 2, 3]),
    activityConcurrency: pick(100, [1, 2]),
    loadConcurrency: pick(64, [1, 2]),
    watchBufferMax: pick(256, [1]),
    inlineCharsMax: pick(65_536, [64, 200]),
  };
}
