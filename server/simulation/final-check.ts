import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import { CorruptRecord } from "../engine/embedded/journal-record.ts";
import type { RunProgram } from "../engine/embedded/ports.ts";
import { replayRun } from "../engine/embedded/replay.ts";
import type { RunRow } from "../store/ports.ts";
import { placeName } from "./call-observer.ts";
import { matchesExpected } from "./expected-value.ts";
import { Observer } from "./observer.ts";
import { type Expected, expectedResult, type OracleWorld } from "./oracle.ts";
import { outlivesTimeout } from "./oracle-time.ts";
import type { World } from "./world.ts";

async function allRuns({ store }: World): Promise<readonly RunRow[]> {
  const rows: RunRow[] = [];
  const last = await store.runs.lastKey();
  for (let run = 1; run <= last; run++) {
    const row = await store.runs.byKey(run);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

/** Runs that need not end: those that are quarantined, and those that visibly wait for such a child, or for one that waits itself. */
function stuckRuns(rows: readonly RunRow[]): ReadonlySet<number> {
  const stuck = new Set<number>();
  // A child has a higher key than its parent.
  for (const row of rows.toReversed()) {
    const waits = stuck.has(row.run) && !Observer.ended(row);
    if (row.status !== "quarantined" && !waits) stuck.delete(row.run);
    else {
      stuck.add(row.run);
      if (row.parentRun !== undefined) stuck.add(row.parentRun);
    }
  }
  return stuck;
}

/** Whether everything has come to its end. */
export async function settled(world: World): Promise<boolean> {
  if (!world.allStarted || world.engine === undefined || world.process.hands > 0) return false;
  const rows = await allRuns(world);
  const stuck = stuckRuns(rows);
  if (rows.some((row) => !stuck.has(row.run) && (!Observer.ended(row) || row.active))) return false;
  const stuckIds = new Set(rows.filter(({ run }) => stuck.has(run)).map(({ id }) => id));
  const debts = await world.store.records.list("outbox");
  return debts.length === 0 && world.watchers.logs.every(({ done, runId }) => done || stuckIds.has(runId));
}

/** I4, I6, I7, I10, I11, I14 at the end. */
export async function checkEnd(world: World): Promise<void> {
  const rows = await allRuns(world);
  const tainted = taintedRuns(world, rows);
  for (const { id, run, workflow, input } of world.acked.values()) {
    const row = rows.find((other) => other.run === run);
    if (row === undefined) world.violation(`I1: acked run ${id} is gone`);
    else if (row.status !== "quarantined" && Observer.ended(row) && !tainted.has(run))
      checkResult(world, row, possibleResults(world, row, workflow.document, input));
  }
  for (const row of rows) if (row.status !== "quarantined" && Observer.ended(row)) await checkReplay(world, row);
  await checkLeftovers(world, rows);
}

/** What the oracle asks about a run. A call of unknown outcome is the one thing that it can not know by itself. */
function oracleWorld(world: World, row: RunRow | undefined): OracleWorld {
  const unknown = row === undefined ? [] : world.calls.unknownIn(row.id);
  return {
    outcome: (place, body) =>
      unknown.includes(placeName(place)) ? { title: "Outcome unknown" } : world.outcome(place, body),
    child: (name) => {
      const found = world.workflows.find(({ document }) => document.document.name === name);
      if (found === undefined) throw new Error("assertion: generated children exist");
      return { document: found.document, world: oracleWorld(world, undefined) };
    },
  };
}

/** What has ended leaves nothing behind: no timer, no subscription, no intent, no debt, nothing in memory, no second child. Only runs that may be stuck may still have something. */
async function checkLeftovers(world: World, rows: readonly RunRow[]): Promise<void> {
  const { store } = world;
  const stuck = stuckRuns(rows);
  const left = (run: number, what: string): void => {
    if (!stuck.has(run)) world.violation(`I14: ${what} of run ${String(run)} is left in the store`);
  };
  for (const { run } of await store.timers.due(Number.MAX_SAFE_INTEGER, 1_000_000)) left(run, "a timer");
  for (const { run } of rows) for (const _row of await store.subscriptions.byRun(run)) left(run, "a subscription");
  for (const { key } of await store.records.list("intents")) left(Number(key.split("/")[0]), "an intent");
  for (const { key } of await store.records.list("outbox")) world.violation(`I14: debt ${key} is left in the store`);
  const children = new Set<string>();
  for (const { parentRun, parentCommand } of rows) {
    if (parentRun === undefined) continue;
    const name = `${String(parentRun)}/${String(parentCommand)}`;
    if (children.has(name)) world.violation(`I3: child ${name} was started twice`);
    children.add(name);
  }
  const load = world.engine?.load;
  if (load === undefined) return;
  const waiting = rows.filter(({ run, status }) => stuck.has(run) && status !== "quarantined");
  const underWay = waiting.filter(({ active }) => active).length > 0;
  if (load.runs > waiting.length)
    world.violation(`I14: ${String(load.runs)} runs are in memory, ${String(waiting.length)} may be`);
  if (load.admitted > 0 || (!underWay && load.running + load.queued > 0))
    world.violation(`I14: ${JSON.stringify(load)} is still under way`);
}

/**
 * Runs whose result the oracle can not tell: cancelled by a client (what is taken up again then waits on to its end, whatever timeout begins anew), taken up again after a call of unknown outcome,
 * damaged, or with such a child.
 */
function taintedRuns(world: World, rows: readonly RunRow[]): ReadonlySet<number> {
  const tainted = new Set<number>();
  for (const row of rows.toReversed()) {
    const unknown = world.calls.unknownIn(row.id).length > 0;
    const { retried } = world.observer.runs.of(row.run);
    const asked = world.cancelAsked.has(row.id);
    const cancelled = row.status === "cancelled" ? asked || row.parentRun !== undefined : asked && retried;
    const guess = unknown && (retried || world.calls.isAmbiguous(row.id));
    const own = row.status === "quarantined" || cancelled || guess;
    if (own) tainted.add(row.run);
    if ((tainted.has(row.run) || unknown) && row.parentRun !== undefined) tainted.add(row.parentRun);
  }
  return tainted;
}

/** What a run may come to: one thing, but for a run that was taken up again so late that its workflow's timeout races with the rest. */
function possibleResults(world: World, row: RunRow, document: WorkflowDocument, input: Json): readonly Expected[] {
  const { runs } = world.observer;
  const oracle = oracleWorld(world, row);
  const expected = expectedResult(document, input, oracle);
  const { retried, records } = runs.of(row.run);
  const late =
    retried &&
    outlivesTimeout(
      document,
      records.map((record) => runs.fact(record)),
    );
  const { timeout: _, ...timeless } = document;
  return late ? [expected, expectedResult(timeless, input, oracle)] : [expected];
}

function checkResult(world: World, row: RunRow, possible: readonly Expected[]): void {
  const problems = possible.map((expected) => problemOf(row, expected));
  if (!problems.includes(undefined)) world.violation(`I6: run ${row.id} ${problems.join("; or else: ")}`);
}

/** What is wrong with a result; undefined when nothing is. */
function problemOf(row: RunRow, expected: Expected): string | undefined {
  if (row.status !== expected.status)
    return `is ${row.status} (${String(row.fault)}), it should be ${expected.status} ${JSON.stringify(expected)}`;
  if (expected.status === "completed") {
    const output = row.output === undefined ? null : (JSON.parse(row.output) as Json);
    if (matchesExpected(expected.output, output)) return undefined;
    return `gives ${JSON.stringify(output)}, it should give ${JSON.stringify(expected.output)}`;
  }
  const title = row.fault === undefined ? "" : ((JSON.parse(row.fault) as Fault).title ?? "");
  if (expected.titles.includes(title)) return undefined;
  return `faults with "${title}", it should with one of ${JSON.stringify(expected.titles)}`;
}

/** I7, I10: the row and every watcher say what the journal says. I11: of a damaged run nobody is told anything. */
async function checkReplay(world: World, row: RunRow): Promise<void> {
  const { interpreter, observer, store } = world;
  const workflow = world.workflows.find(({ digest }) => digest === row.digest);
  if (workflow === undefined) return world.violation(`I12: the definition of run ${row.id} is unknown`);
  const program = interpreter.compile(workflow.document, row.digest);
  const positions: number[] = [];
  const trace: TaskTrace[] = [];
  let last: { readonly status: string; readonly output: string | undefined } = { status: "", output: undefined };
  const journal = observer.damage.repairing(store.journal);
  for await (const { record, state, trace: made } of replayRun(journal, interpreter, program, row.run, row.head)) {
    trace.push(...made);
    positions[record.seq] = trace.length;
    last = { status: state.status, output: state.output === undefined ? undefined : JSON.stringify(state.output) };
    if (record.seq === row.head && world.calls.interpreter.outstanding(program, state).length > 0)
      world.violation(`I4: run ${row.id} has ended and still waits for something`);
  }
  if (last.status !== row.status || last.output !== row.output)
    world.violation(
      `I7: replaying run ${row.id} gives ${last.status} ${String(last.output)}, the row says ${row.status} ${String(row.output)}`,
    );
  if (observer.damage.has(row.run)) await checkRefused(world, row, program);
  for (const watch of world.watchers.logs) {
    if (watch.runId !== row.id) continue;
    const seen = trace.slice(0, positions[watch.position] ?? 0);
    if (watch.position > 0 && JSON.stringify(watch.trace) !== JSON.stringify(seen))
      world.violation(
        `I10: the watcher of run ${row.id} has seen ${String(watch.trace.length)} of ${String(seen.length)} moments`,
      );
  }
}

/** A damaged history is refused, never told as if it were whole. */
async function checkRefused(world: World, row: RunRow, program: RunProgram): Promise<void> {
  const { store, interpreter } = world;
  try {
    for await (const { record } of replayRun(store.journal, interpreter, program, row.run, row.head))
      if (record.seq > row.head) return;
  } catch (error) {
    if (error instanceof CorruptRecord) return;
    throw error;
  }
  world.violation(`I11: the damage in run ${row.id} is not noticed`);
}
