import { setImmediate as nextTurn } from "node:timers/promises";
import { checkEnd, settled } from "./final-check.ts";
import { type SeedOptions, World } from "./world.ts";

/** What came of a seed. The hash is that of every durable record in order: two runs of a seed must agree on it. */
export interface SeedResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly hash: number;
  readonly steps: number;
  readonly crashes: number;
  readonly runs: number;
  readonly virtualMs: number;
}

const STEPS_MAX = 60_000;
/** Steps more for each hour that the clock was ahead: timers set then are due as much later, while events go on coming (seed 13379603: 46 hours, 67,559 steps). */
const STEPS_AN_HOUR = 2_000;
/** Virtual time from when everything has ended and nobody does anything any more until what is left counts as left behind. */
const QUIET_MS = 120_000;

/** Runs one seed to its end. Must be called from a task of the event loop, not from a promise's continuation: microtasks are drained by hand between two steps, so that a crash may fall between any two awaits. */
export function runSeed(seed: number, options: SeedOptions): SeedResult {
  const world = new World(seed, options);
  let quietUntil = Infinity;
  let checking = false;
  const look = async (): Promise<void> => {
    if (!(await settled(world))) return;
    world.quiet = true;
    quietUntil = world.time.monotonicMs() + QUIET_MS;
  };
  const isOver = (): boolean => world.steps >= STEPS_MAX + world.aheadHours * STEPS_AN_HOUR;
  while (world.time.monotonicMs() < quietUntil && !isOver() && world.violations.length === 0) {
    if (!world.time.step()) break;
    drainMicrotasks();
    world.strike();
    drainMicrotasks();
    if (!world.liveness || world.quiet || checking || world.steps % 16 !== 0) continue;
    checking = true;
    look()
      .catch((error: unknown) => world.violation(`check: ${String(error)}`))
      .finally(() => {
        checking = false;
      });
    drainMicrotasks();
  }
  if (world.violations.length === 0 && !world.quiet)
    world.violation(`I4: not everything has ended after ${String(world.steps)} steps`);
  if (world.violations.length === 0) finish(world);
  const { steps, crashes, violations } = world;
  const counts = { steps, crashes, runs: world.acked.size, virtualMs: world.time.monotonicMs() };
  return { seed, violations, hash: world.observer.hash, ...counts };
}

function finish(world: World): void {
  let finished = false;
  checkEnd(world)
    .catch((error: unknown) => world.violation(`end: ${error instanceof Error ? String(error.stack) : String(error)}`))
    .finally(() => {
      finished = true;
    });
  drainMicrotasks();
  if (!finished) world.violation("end: the final check did not finish");
}

/** Runs seeds one after the other, giving the event loop a turn before each. */
export async function runSeeds(
  seeds: Iterable<number>,
  options: SeedOptions,
  seen: (result: SeedResult) => boolean | void,
): Promise<void> {
  for (const seed of seeds) {
    const result = await new Promise<SeedResult>((resolve) => setImmediate(() => resolve(runSeed(seed, options))));
    if (seen(result) === false) return;
  }
  await nextTurn();
}

/** Node's own drain of ticks and microtasks, callable synchronously; three orders faster than a turn of the event loop for each step. */
const drain = (process as unknown as { readonly _tickCallback: () => void })._tickCallback;

function drainMicrotasks(): void {
  drain();
}
