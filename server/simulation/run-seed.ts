import { setImmediate as nextTurn } from "node:timers/promises";
import type { Json } from "@stigmer/core/lib/json.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import { replayRun } from "../engine/embedded/replay.ts";
import type { RunRow } from "../store/ports.ts";
import { Observer } from "./observer.ts";
import { expectedResult, matchesExpected } from "./oracle.ts";
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

/** Looks at a world that seems settled before what is still in memory counts as forgotten there. */
const GRACE = 20;

/** Runs one seed to its end. Must be called from a task of the event loop, not from a promise's continuation: microtasks are drained by hand between two steps, so that a crash may fall between any two awaits. */
export function runSeed(seed: number, options: SeedOptions): SeedResult {
  const world = new World(seed, options);
  let done = false;
  let checking = false;
  while (!done && world.steps < STEPS_MAX && world.violations.length === 0) {
    if (!world.time.step()) break;
    drainMicrotasks();
    world.strike();
    drainMicrotasks();
    if (world.liveness && !checking && world.steps % 16 === 0) {
      checking = true;
      settled(world).then(
        (is) => {
          done = is;
          checking = false;
        },
        (error: unknown) => world.violation(`check: ${String(error)}`),
      );
      drainMicrotasks();
    }
  }
  if (world.violations.length === 0 && !done)
    world.violation(`I4: not everything has ended after ${String(world.steps)} steps`);
  let finished = false;
  if (world.violations.length === 0) {
    checkEnd(world)
      .catch((error: unknown) =>
        world.violation(`end: ${error instanceof Error ? String(error.stack) : String(error)}`),
      )
      .finally(() => {
        finished = true;
      });
    drainMicrotasks();
    if (!finished) world.violation("end: the final check did not finish");
  }
  const { steps, crashes, violations } = world;
  return {
    seed,
    violations,
    hash: world.observer.hash,
    steps,
    crashes,
    runs: world.acked.size,
    virtualMs: world.time.monotonicMs(),
  };
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

/** Whether everything has come to its end. A parent whose child is quarantined visibly waits, and so does the parent of that parent. */
async function settled(world: World): Promise<boolean> {
  if (!world.allStarted || world.engine === undefined) return false;
  const stuck = new Set<number>();
  const stuckIds = new Set<string>();
  for (let run = await world.store.runs.lastKey(); run >= 1; run--) {
    const row = await world.store.runs.byKey(run);
    if (row === undefined) continue;
    const over = Observer.ended(row) && !row.active;
    if (!over && !stuck.has(run)) return false;
    if (row.status !== "quarantined" && over) continue;
    stuckIds.add(row.id);
    if (row.parentRun !== undefined) stuck.add(row.parentRun);
  }
  // An operator's hand may be on a run just now: what is in memory has a few turns to leave it.
  const load = world.engine.load;
  if (load.runs + load.running + load.queued > 0 && world.grace++ < GRACE) return false;
  const debts = await world.store.records.list("outbox");
  return debts.length === 0 && world.watches.every(({ done, runId }) => done || stuckIds.has(runId));
}

/** I4, I6, I7, I10, I14 at the end. */
async function checkEnd(world: World): Promise<void> {
  const tainted = await taintedRuns(world);
  for (const { id, run, workflow, input } of world.acked.values()) {
    const row = await world.store.runs.get(id);
    if (row === undefined) {
      world.violation(`I1: acked run ${id} is gone`);
      continue;
    }
    if (row.status === "quarantined" || !Observer.ended(row)) continue;
    if (!tainted.has(run)) checkResult(world, row, expectedResult(workflow.document, input, world.oracleWorld()));
    if (!world.observer.flipped.has(run)) await checkReplay(world, row);
  }
  await checkLeftovers(world);
  const load = world.engine?.load;
  if (load !== undefined && !(await anyQuarantined(world))) {
    if (load.running > 0 || load.queued > 0 || load.admitted > 1)
      world.violation(`I14: ${JSON.stringify(load)} is still under way`);
    if (load.runs > 0) world.violation(`I14: ${String(load.runs)} ended runs are still in memory`);
  }
}

/** By the rows: a crash may have come between the quarantine and its hook. */
async function anyQuarantined({ store }: World): Promise<boolean> {
  const counts = await store.runs.countByStatus();
  return (counts["quarantined"] ?? 0) > 0;
}

/** What has ended leaves nothing behind: no timer, no subscription, no intent, no second child. */
async function checkLeftovers(world: World): Promise<void> {
  if (await anyQuarantined(world)) return;
  const { store } = world;
  const timers = await store.timers.count();
  if (timers > 0) world.violation(`I14: ${String(timers)} timers are left in the store`);
  const children = new Set<string>();
  const last = await store.runs.lastKey();
  for (let run = 1; run <= last; run++) {
    if ((await store.subscriptions.byRun(run)).length > 0)
      world.violation(`I14: subscriptions of run ${String(run)} are left in the store`);
    const row = await store.runs.byKey(run);
    if (row?.parentRun === undefined) continue;
    const name = `${String(row.parentRun)}/${String(row.parentCommand)}`;
    if (children.has(name)) world.violation(`I3: child ${name} was started twice`);
    children.add(name);
  }
}

/** Runs whose result is theirs alone: cancelled, of unknown outcome, damaged, or with such a child. */
async function taintedRuns(world: World): Promise<ReadonlySet<number>> {
  const tainted = new Set<number>(world.observer.unknownOutcome);
  const last = await world.store.runs.lastKey();
  for (let run = last; run >= 1; run--) {
    const row = await world.store.runs.byKey(run);
    if (row === undefined) continue;
    if (
      row.status === "quarantined" ||
      (row.status === "cancelled" && (world.cancelAsked.has(row.id) || row.parentRun !== undefined))
    )
      tainted.add(run);
    if (tainted.has(run) && row.parentRun !== undefined) tainted.add(row.parentRun);
  }
  return tainted;
}

function checkResult(world: World, row: RunRow, expected: ReturnType<typeof expectedResult>): void {
  if (row.status !== expected.status) {
    world.violation(
      `I6: run ${row.id} is ${row.status} (${String(row.fault)}), it should be ${expected.status} ${JSON.stringify(expected)}`,
    );
    return;
  }
  if (expected.status === "completed") {
    const output = row.output === undefined ? null : (JSON.parse(row.output) as Json);
    if (!matchesExpected(expected.output, output))
      world.violation(
        `I6: run ${row.id} gives ${JSON.stringify(output)}, it should give ${JSON.stringify(expected.output)}`,
      );
    return;
  }
  const title = row.fault === undefined ? "" : ((JSON.parse(row.fault) as Fault).title ?? "");
  if (!expected.titles.includes(title))
    world.violation(
      `I6: run ${row.id} faults with "${title}", it should with one of ${JSON.stringify(expected.titles)}`,
    );
}

async function checkReplay(world: World, row: RunRow): Promise<void> {
  const workflow = world.workflows.find(({ digest }) => digest === row.digest);
  if (workflow === undefined) return;
  const program = world.interpreter.compile(workflow.document, row.digest);
  const trace: TaskTrace[] = [];
  let status = "";
  let output: string | undefined;
  for await (const replayed of replayRun(world.store.journal, world.interpreter, program, row.run, row.head)) {
    trace.push(...replayed.trace);
    status = replayed.state.status;
    output = replayed.state.output === undefined ? undefined : JSON.stringify(replayed.state.output);
  }
  if (status !== row.status || output !== row.output)
    world.violation(
      `I7: replaying run ${row.id} gives ${status} ${String(output)}, the row says ${row.status} ${String(row.output)}`,
    );
  for (const watch of world.watches) {
    if (watch.runId !== row.id || watch.position !== row.head) continue;
    if (JSON.stringify(watch.trace) !== JSON.stringify(trace))
      world.violation(
        `I10: the watcher of run ${row.id} has not seen what happened: ${String(watch.trace.length)} of ${String(trace.length)} moments`,
      );
  }
}
