import type { Json } from "@stigmer/core/lib/json.ts";
import type { EmbeddedEngine } from "../engine/embedded/embedded-engine.ts";
import { ControlRefused } from "../engine/engine.ts";
import { type RunRow, StoreUnavailable } from "../store/ports.ts";
import type { GeneratedWorkflow } from "./generate-workflow.ts";
import type { Random } from "./random.ts";
import { startRun } from "./start-run.ts";
import type { World } from "./world.ts";

/** Controls that a client of an operator's world asks for at most. */
const CONTROLS_MAX = 4;

/** A client: starts one run, again and again until it is told so, and may do more to it. Each has a key of its own, under which there must be one run. */
export class Client {
  readonly #world: World;
  readonly #random: Random;
  readonly #key: string;
  readonly #name: string;
  readonly #workflow: GeneratedWorkflow;
  readonly #input: Json;

  constructor(world: World, index: number, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#key = `client-${String(index)}`;
    this.#name = `run-${String(index)}`;
    this.#workflow = random.pick(world.workflows);
    this.#input = { n: random.between(0, 9) };
    world.time.after(random.between(0, 5_000), () => this.#attempt(0));
  }

  #attempt(tries: number): void {
    const { engine, acked, time } = this.#world;
    const again = (): void => void time.after(this.#random.between(1, 2_000), () => this.#attempt(tries + 1));
    if (acked.has(this.#key)) return;
    if (engine === undefined) return again();
    let answered = false;
    startRun(engine, this.#workflow, this.#input, `${this.#name}-${String(tries)}`, this.#key).then(
      (row) => {
        answered = true;
        this.#ack(row);
      },
      (error: unknown) => {
        answered = true;
        if (!(error instanceof StoreUnavailable)) this.#world.violation(`start: ${String(error)}`);
        again();
      },
    );
    time.after(30_000, () => {
      if (!answered) this.#attempt(tries + 1);
    });
  }

  #ack(row: RunRow): void {
    const world = this.#world;
    const random = this.#random;
    const before = world.acked.get(this.#key);
    if (before !== undefined) {
      if (before.id !== row.id) world.violation(`I1: key ${this.#key} started ${before.id} and ${row.id}`);
      return;
    }
    world.acked.set(this.#key, { id: row.id, run: row.run, workflow: this.#workflow, input: this.#input });
    world.observer.ackedRow(row);
    if (random.chance(world.swarm.watchers)) world.watchers.watch(row.id);
    const { controls } = world.swarm;
    const most = controls < 1 ? 1 : random.between(1, CONTROLS_MAX);
    const hands = random.chance(controls) ? most : 0;
    for (let hand = 0; hand < hands; hand++) world.time.after(random.between(0, 60_000), () => this.#control(row.id));
    world.time.after(random.between(0, 100_000), () => this.#look(row.id));
  }

  /** An operator's hand: suspend and resume later, cancel, retry what faulted. */
  #control(runId: string): void {
    const world = this.#world;
    const random = this.#random;
    const { engine, process } = world;
    if (world.quiet) return;
    if (engine === undefined) return void world.time.after(1_000, () => this.#control(runId));
    const type = random.pick(["suspended", "suspended", "cancelled", "retried"] as const);
    if (type === "cancelled") world.cancelAsked.add(runId);
    process.hands++;
    const control = engine.control(runId, { type }).finally(() => process.hands--);
    control.then(
      (row) => {
        world.observer.ackedRow(row);
        // What it is told is the run after its commit, which may hold the cancellation of another hand.
        if (type === "suspended" && row.status !== "suspended" && !world.cancelAsked.has(runId))
          world.violation(`I1: ${runId} was suspended and is ${row.status}`);
        if (type === "suspended") world.time.after(random.between(1, 100_000), () => this.#resume(runId));
      },
      (error: unknown) => {
        if (error instanceof StoreUnavailable) return;
        if (!(error instanceof ControlRefused)) world.violation(`control ${type}: ${String(error)}`);
      },
    );
    // The process may die before it answers: then the run is perhaps suspended, and somebody resumes it in the end.
    if (type === "suspended") world.time.after(300_000, () => this.#resume(runId));
  }

  #resume(runId: string): void {
    const { engine, time, quiet } = this.#world;
    if (quiet) return;
    const again = (): void => void time.after(1_000, () => this.#resume(runId));
    if (engine === undefined) return again();
    let answered = false;
    engine.control(runId, { type: "resumed" }).then(
      () => {
        answered = true;
      },
      (error: unknown) => {
        answered = true;
        if (!(error instanceof ControlRefused)) again();
      },
    );
    time.after(20_000, () => {
      if (!answered) again();
    });
  }

  /** A reader: what it sees must be what the journal says. */
  #look(runId: string): void {
    const world = this.#world;
    const { engine } = world;
    if (engine === undefined || world.quiet) return;
    this.#compare(engine, runId).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailable) && !world.observer.explains(runId, error))
        world.violation(`view: ${String(error)}`);
    });
  }

  /** I7: the live state is what a replay of the same records gives. */
  async #compare(engine: EmbeddedEngine, runId: string): Promise<void> {
    const world = this.#world;
    const view = await engine.view(runId);
    if (view === undefined) return world.violation(`I1: acked run ${runId} is not there`);
    world.observer.ackedRow(view.row);
    if (view.row.status === "quarantined") return;
    const replayed = await engine.stateAt(runId, view.row.head);
    const live = JSON.stringify([view.row.status, view.context, view.waiting]);
    const past = JSON.stringify([replayed?.row.status, replayed?.context, replayed?.waiting]);
    if (live !== past) world.violation(`I7: run ${runId} is ${live}, its journal says ${past}`);
  }
}
