import { type Json, type JsonObject, getKey, isJsonObject } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { isTerminal, type RunStatus } from "@stigmer/core/protocol/state.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import { type ActivityContext, ActivityFault, type ActivityRunner } from "../activities/activity.ts";
import { type EmbeddedEngine, openEmbeddedEngine } from "../engine/embedded/embedded-engine.ts";
import type { EnginePorts, Interpreter } from "../engine/embedded/ports.ts";
import { ControlRefused } from "../engine/engine.ts";
import { plainEventExpressions } from "../engine/testing/plain-event-expressions.ts";
import { VirtualTime } from "../engine/testing/virtual-time.ts";
import { createMemoryStore, type MemoryStore } from "../store/memory/memory-store.ts";
import { type RunRow, type Store, StoreUnavailable } from "../store/ports.ts";
import { EVENT_TYPES, eventData, type GeneratedWorkflow, WorkflowGenerator } from "./generate-workflow.ts";
import { CANARY } from "./canary.ts";
import { Observer } from "./observer.ts";
import type { Mutant } from "./mutants.ts";
import type { OracleWorld } from "./oracle.ts";
import { Random } from "./random.ts";
import { drawSwarm, type Swarm } from "./swarm.ts";

/** How a seed is run. */
export interface SeedOptions {
  readonly interpreter: Interpreter;
  readonly mutant?: Mutant;
  /** Is told what happens, line by line. */
  readonly log?: (line: string) => void;
}

/** A run that a client started and was told so. */
export interface AckedRun {
  readonly id: string;
  readonly run: number;
  readonly workflow: GeneratedWorkflow;
  readonly input: Json;
}

/** What one process of the simulated server is: everything of it dies with it. */
interface Process {
  alive: boolean;
  engine: EmbeddedEngine | undefined;
  readonly store: MemoryStore;
}

/** A watch by a client over all crashes: what it has seen, and where it stands. */
export interface WatchLog {
  readonly runId: string;
  position: number;
  readonly trace: TaskTrace[];
  done: boolean;
}

const ORG = "acme";
/** Virtual time after which nothing goes wrong any more and everything must come to its end. */
const SAFETY_MS = 200_000;
const SAFETY_STEPS = 4_000;

/** One seed's world: the engine on simulated ports, clients, activities, and everything that goes wrong. Driven from outside, one task at a time. */
export class World {
  readonly random: Random;
  readonly swarm: Swarm;
  readonly time: VirtualTime;
  readonly observer: Observer;
  readonly interpreter: Interpreter;
  readonly workflows: GeneratedWorkflow[] = [];
  readonly acked = new Map<string, AckedRun>();
  readonly watches: WatchLog[] = [];
  /** Runs a client asked to cancel: they may end as cancelled. */
  readonly cancelAsked = new Set<string>();
  readonly violations: string[] = [];
  crashes = 0;
  /** How often the driver has looked again since everything had ended. */
  grace = 0;
  liveness = false;
  steps = 0;
  #process: Process;
  #bootDue = false;
  #wallWrongBy = 0;
  #wanted = 0;
  #started = 0;
  readonly #mutant: Mutant | undefined;
  readonly #log: ((line: string) => void) | undefined;
  readonly #salt: number;
  readonly #faultRandom: Random;

  constructor(seed: number, { interpreter, mutant, log }: SeedOptions) {
    this.#log = log;
    this.random = new Random(seed);
    this.#mutant = mutant;
    this.swarm = drawSwarm(this.random.fork());
    this.#faultRandom = this.random.fork();
    this.#salt = this.random.between(1, 1_000_000);
    const ties = this.random.fork();
    this.time = new VirtualTime(1_700_000_000_000, () => ties.next());
    this.observer = new Observer(this, interpreter);
    this.interpreter = mutant?.interpreter?.(this.observer.interpreter) ?? this.observer.interpreter;
    const drawing = this.random.fork();
    const count = drawing.between(1, 3);
    for (let index = 0; index < count; index++)
      this.workflows.push(new WorkflowGenerator(drawing, [...this.workflows]).draw(index));
    this.#process = { alive: false, engine: undefined, store: this.#newStore(undefined) };
    this.#bootSoon(0);
    this.#wanted = drawing.between(1, 6);
    for (let index = 0; index < this.#wanted; index++) this.#client(index, drawing.fork());
    this.#publisher(this.random.fork());
  }

  /** The disk as the present process sees it. */
  get store(): Store {
    return this.#process.store;
  }

  get engine(): EmbeddedEngine | undefined {
    return this.#process.alive ? this.#process.engine : undefined;
  }

  get allStarted(): boolean {
    return this.#started === this.#wanted;
  }

  /** A line of the seed's timeline, for whoever asked for one. */
  tell(what: string): void {
    this.#log?.(`${this.time.monotonicMs().toFixed(0).padStart(9)} ${what}`);
  }

  violation(text: string): void {
    this.tell(`VIOLATION ${text}`);
    if (this.violations.length < 20) this.violations.push(text);
  }

  /** What may strike between two tasks; called by the driver after each. */
  strike(): void {
    this.steps++;
    if (!this.liveness && (this.time.monotonicMs() > SAFETY_MS || this.steps > SAFETY_STEPS)) {
      this.liveness = true;
      this.time.jump(-this.#wallWrongBy);
      this.crash(0);
      return;
    }
    if (this.liveness) return;
    if (this.#faultRandom.chance(this.swarm.clockJump)) this.#jumpClock();
    if (this.#process.alive && this.#faultRandom.chance(this.swarm.crash))
      this.crash(this.#faultRandom.between(0, this.swarm.downtimeMs));
  }

  #jumpClock(): void {
    const day = this.#faultRandom.chance(0.1) ? 24 : 1;
    const by = this.#faultRandom.pick([-3_600_000, -60_000, 60_000, 3_600_000]) * day;
    this.#wallWrongBy += by;
    this.time.jump(by);
  }

  /** Kills the process; the next one boots after the given time. */
  crash(downtimeMs: number): void {
    if (!this.#process.alive) return;
    this.crashes++;
    this.tell(`crash, down for ${String(downtimeMs)} ms`);
    this.#process.alive = false;
    const store = this.#newStore(this.#process.store);
    if (this.#faultRandom.chance(this.liveness ? 0 : this.swarm.bitFlip))
      this.observer.flipBit(store, this.#faultRandom);
    this.#process = { alive: false, engine: undefined, store };
    this.#bootSoon(downtimeMs);
  }

  #newStore(before: MemoryStore | undefined): MemoryStore {
    const random = this.#faultRandom;
    const options = {
      schedule: (step: () => void, delayMs: number): void => void this.time.after(delayMs, step),
      faults: (): ReturnType<NonNullable<NonNullable<Parameters<typeof createMemoryStore>[0]>["faults"]>> => {
        if (this.liveness) return undefined;
        if (random.chance(this.swarm.commitSlow)) return { kind: "slow", delayMs: random.between(1, 500) };
        if (random.chance(this.swarm.commitFull)) return { kind: "diskFull" };
        if (random.chance(this.swarm.commitFailed))
          return { kind: "failed", kept: random.pick(["none", "all", "allButLast"]) };
        return undefined;
      },
      random: () => random.next(),
      ...(this.swarm.queuedWritesMax === Infinity ? {} : { queuedWritesMax: this.swarm.queuedWritesMax }),
    };
    return before === undefined ? createMemoryStore(options) : before.crash(options);
  }

  #bootSoon(delayMs: number): void {
    if (this.#bootDue) return;
    this.#bootDue = true;
    this.time.after(delayMs, () => {
      this.#bootDue = false;
      this.#boot().catch((error: unknown) => this.violation(`boot: ${String(error)}`));
    });
  }

  async #boot(): Promise<void> {
    const process: Process = { alive: true, engine: undefined, store: this.#process.store };
    this.#process = process;
    this.tell(this.liveness ? "boot, nothing goes wrong any more" : "boot");
    await this.observer.atBoot();
    if (!process.alive) return;
    const ports = this.#ports(process);
    process.engine = await openEmbeddedEngine(
      this.#mutant?.ports?.(ports) ?? ports,
      this.liveness ? { ...this.swarm.options, timerHorizonMs: 60_000 } : this.swarm.options,
    );
    for (const watch of this.watches) if (!watch.done) this.#watch(watch, process);
  }

  #ports(process: Process): EnginePorts {
    const { time } = this;
    const whileAlive = (task: () => void) => (): void => {
      if (process.alive) task();
    };
    return {
      store: this.observer.observed(process.store),
      clock: time,
      scheduler: {
        soon: (task) => time.soon(whileAlive(task)),
        after: (delayMs, task) => time.after(delayMs, whileAlive(task)),
      },
      random: { next: () => this.#faultRandom.next() },
      interpreter: this.interpreter,
      activities: this.#activities(process),
      definitions: { load: async (digest) => this.workflows.find((workflow) => workflow.digest === digest)?.document },
      children: {
        start: async (parent, command, idempotencyKey) => {
          const workflow = this.workflows.find(({ document }) => document.document.name === command.name);
          const engine = process.engine;
          if (workflow === undefined) throw new ActivityFault(standardFault("configuration", "Unknown workflow"));
          if (engine === undefined) throw new StoreUnavailable("overloaded", "The engine is starting");
          const row = await this.#start(
            engine,
            workflow,
            command.input,
            `run-${idempotencyKey}-${String(this.random.between(0, 1e9))}`,
            idempotencyKey,
            {
              run: parent.run,
              id: command.id,
              runId: parent.id,
            },
          );
          return { runId: row.id, version: workflow.document.document.version };
        },
      },
      secrets: { seal: (bytes, aad) => flipBytes(bytes, aad), open: (bytes, aad) => flipBytes(bytes, aad) },
      expressions: plainEventExpressions,
      hooks: {
        failed: () => {
          if (process.alive) this.crash(this.liveness ? 0 : this.swarm.downtimeMs);
        },
        quarantined: (run, reason) => this.observer.quarantined(run, reason),
        warn: (message, error) => this.observer.warned(message, error),
      },
    };
  }

  #start(
    engine: EmbeddedEngine,
    workflow: GeneratedWorkflow,
    input: Json,
    id: string,
    idempotencyKey: string,
    parent?: { run: number; id: number; runId: string },
  ): Promise<RunRow> {
    return engine.start({
      id,
      org: ORG,
      slug: id,
      workflowId: workflow.digest,
      instanceId: workflow.digest,
      digest: workflow.digest,
      labels: {},
      data: new Uint8Array(0),
      input,
      env: {},
      secrets: { token: CANARY },
      idempotencyKey,
      ...(parent === undefined ? {} : { parent }),
    });
  }

  /** A client: starts one run, again and again until it is told so, and may do more to it. */
  #client(index: number, random: Random): void {
    const workflow = random.pick(this.workflows);
    const input = { n: random.between(0, 9) };
    const key = `client-${String(index)}`;
    const attempt = (tries: number): void => {
      const { engine } = this;
      const again = (): void => void this.time.after(random.between(1, 2_000), () => attempt(tries + 1));
      if (engine === undefined || this.acked.has(key)) {
        if (engine === undefined) again();
        return;
      }
      let answered = false;
      this.#start(engine, workflow, input, `run-${String(index)}-${String(tries)}`, key).then(
        (row) => {
          answered = true;
          this.#ack(key, row, workflow, input, random);
        },
        (error: unknown) => {
          answered = true;
          if (!(error instanceof StoreUnavailable)) this.violation(`start: ${String(error)}`);
          again();
        },
      );
      this.time.after(30_000, () => {
        if (!answered) attempt(tries + 1);
      });
    };
    this.time.after(random.between(0, 5_000), () => attempt(0));
  }

  #ack(key: string, row: RunRow, workflow: GeneratedWorkflow, input: Json, random: Random): void {
    const before = this.acked.get(key);
    if (before !== undefined) {
      if (before.id !== row.id) this.violation(`I1: key ${key} started ${before.id} and ${row.id}`);
      return;
    }
    this.#started++;
    this.acked.set(key, { id: row.id, run: row.run, workflow, input });
    this.observer.ackedRow(row);
    if (random.chance(this.swarm.watchers)) {
      const watch: WatchLog = { runId: row.id, position: 0, trace: [], done: false };
      this.watches.push(watch);
      this.#watch(watch, this.#process);
    }
    if (random.chance(this.swarm.controls))
      this.time.after(random.between(0, 60_000), () => this.#control(row.id, random));
    this.time.after(random.between(0, 100_000), () => this.#look(row.id));
  }

  /** An operator's hand: suspend and resume later, cancel, retry what faulted. */
  #control(runId: string, random: Random): void {
    const { engine } = this;
    if (engine === undefined) return void this.time.after(1_000, () => this.#control(runId, random));
    const type = random.pick(["suspended", "suspended", "cancelled", "retried"] as const);
    if (type === "cancelled") this.cancelAsked.add(runId);
    engine.control(runId, { type }).then(
      (row) => {
        this.observer.ackedRow(row);
        if (type === "suspended" && row.status !== "suspended")
          this.violation(`I1: ${runId} was suspended and is ${row.status}`);
        if (type === "suspended") this.time.after(random.between(1, 100_000), () => this.#resume(runId));
      },
      (error: unknown) => {
        if (error instanceof StoreUnavailable) return;
        if (!(error instanceof ControlRefused)) this.violation(`control ${type}: ${String(error)}`);
      },
    );
    // The process may die before it answers: then the run is perhaps suspended, and somebody resumes it in the end.
    if (type === "suspended") this.time.after(300_000, () => this.#resume(runId));
  }

  #resume(runId: string): void {
    const { engine } = this;
    const again = (): void => void this.time.after(1_000, () => this.#resume(runId));
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
    this.time.after(20_000, () => {
      if (!answered) again();
    });
  }

  /** A reader: what it sees must be what the journal says. */
  #look(runId: string): void {
    const { engine } = this;
    if (engine === undefined) return;
    this.#compare(engine, runId).catch((error: unknown) => {
      const damaged = error instanceof ControlRefused && error.message.includes("history");
      if (!(error instanceof StoreUnavailable) && !damaged) this.violation(`view: ${String(error)}`);
    });
  }

  /** I7: the live state is what a replay of the same records gives. */
  async #compare(engine: EmbeddedEngine, runId: string): Promise<void> {
    const view = await engine.view(runId);
    if (view === undefined) return this.violation(`I1: acked run ${runId} is not there`);
    this.observer.ackedRow(view.row);
    if (view.row.status === "quarantined") return;
    const replayed = await engine.stateAt(runId, view.row.head);
    const live = JSON.stringify([view.row.status, view.context, view.waiting]);
    const past = JSON.stringify([replayed?.row.status, replayed?.context, replayed?.waiting]);
    if (live !== past) this.violation(`I7: run ${runId} is ${live}, its journal says ${past}`);
  }

  #watch(watch: WatchLog, process: Process): void {
    const { engine } = process;
    if (engine === undefined) return;
    const read = async (): Promise<void> => {
      for await (const change of engine.watch(watch.runId, watch.position, new AbortController().signal)) {
        if (!process.alive) return;
        if (change.position < watch.position)
          this.violation(`I10: ${watch.runId} went back from ${String(watch.position)} to ${String(change.position)}`);
        watch.trace.push(...change.trace);
        watch.position = change.position;
        if (change.row.status === "quarantined" || isTerminal(change.row.status satisfies RunStatus)) watch.done = true;
        if (this.random.chance(0.1)) await new Promise<void>((resolve) => void this.time.after(5_000, resolve));
      }
    };
    read().catch((error: unknown) => {
      if (error instanceof ControlRefused && error.message.includes("history")) watch.done = true;
      else this.observer.warned("watch", error);
    });
  }

  /** Somebody publishes events of every type now and then, some of them twice, until nobody listens any more. */
  #publisher(random: Random): void {
    let count = 0;
    const publish = (): void => {
      const type = random.pick(EVENT_TYPES);
      const id = `event-${String(random.chance(this.swarm.duplicateEvent) ? Math.max(0, count - 1) : count++)}`;
      const event: JsonObject = { specversion: "1.0", id: `${type}/${id}`, source: "sim", type, data: eventData(type) };
      const { engine } = this;
      if (engine !== undefined) {
        this.#publish(engine, event).catch((error: unknown) => {
          if (!(error instanceof StoreUnavailable))
            this.violation(`publish: ${error instanceof Error ? String(error.stack) : String(error)}`);
        });
      }
      this.time.after(random.between(100, 40_000), publish);
    };
    this.time.after(random.between(0, 5_000), publish);
  }

  async #publish(engine: EmbeddedEngine, event: JsonObject): Promise<void> {
    const listeners = await this.observer.listeners(String(event["type"]));
    await engine.publish(ORG, [event]);
    await this.observer.delivered(listeners, event);
  }

  #activities(process: Process): ActivityRunner {
    return {
      run: (_kind, input, context) =>
        new Promise((resolve, reject) => {
          this.observer.activityCalled(context);
          this.#checkSecret(context);
          context.signal.addEventListener("abort", () => reject(new Error("aborted")));
          const random = this.#faultRandom;
          if (!this.liveness && random.chance(this.swarm.activitySilent)) return;
          const delay = random.chance(0.5) ? 0 : random.between(0, this.swarm.activitySlowMs);
          this.time.after(delay, () => {
            if (!process.alive) return;
            const body = getKey(input, "body") ?? null;
            const outcome = this.oracleWorld().outcome(
              context.task.pointer,
              context.task.iterations,
              context.task.attempt,
              body,
            );
            if ("output" in outcome) resolve(outcome.output);
            else reject(new ActivityFault(standardFault("communication", outcome.title)));
          });
        }),
      consume: () => new Promise(() => undefined),
    };
  }

  #checkSecret(context: ActivityContext): void {
    const all = context.secret([]);
    if (!isJsonObject(all ?? null) || context.secret(["token"]) !== CANARY)
      this.violation(`secrets: ${context.runId} is not given its own`);
  }

  /** What calls answer: decided by where they stand, so that the oracle can say the same. */
  oracleWorld(): OracleWorld {
    return {
      outcome: (pointer, iterations, attempt, body) => {
        const dice = mix(this.#salt, `${pointer}|${iterations.join()}`);
        const fails = dice < this.swarm.activityFails * 1_000;
        if (fails && attempt <= 1 + (dice % 3)) return { title: "Failed" };
        const n = isJsonObject(body) ? getKey(body, "n") : undefined;
        return { output: { n: (typeof n === "number" ? n : 0) + (dice % 7), from: pointer } };
      },
      child: (name) => {
        const found = this.workflows.find(({ document }) => document.document.name === name);
        if (found === undefined) throw new Error("assertion: generated children exist");
        return found.document;
      },
    };
  }
}

function mix(salt: number, text: string): number {
  let hash = salt;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % 1_000;
}

function flipBytes(bytes: Uint8Array, aad: string): Uint8Array {
  const key = Buffer.from(aad);
  return bytes.map((byte, index) => byte ^ (key[index % key.length] ?? 0) ^ 0x5a);
}
