import type { Json } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activities/activity.ts";
import { type EmbeddedEngine, openEmbeddedEngine } from "../engine/embedded/embedded-engine.ts";
import type { ChildStarter, EnginePorts, Interpreter } from "../engine/embedded/ports.ts";
import { plainEventExpressions } from "../engine/testing/plain-event-expressions.ts";
import { VirtualTime } from "../engine/testing/virtual-time.ts";
import type { MemoryStore } from "../store/memory/memory-store.ts";
import { type Store, StoreUnavailable } from "../store/ports.ts";
import { CallObserver } from "./call-observer.ts";
import { callsOf, outcomeOf } from "./calls.ts";
import { Client } from "./clients.ts";
import { EventObserver } from "./event-observer.ts";
import { faultyDisk } from "./faulty-disk.ts";
import { type GeneratedWorkflow, WorkflowGenerator } from "./generate-workflow.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { Observer } from "./observer.ts";
import { Operator } from "./operator.ts";
import type { CallPlace, Outcome } from "./oracle.ts";
import { EventClient } from "./publisher.ts";
import { Random } from "./random.ts";
import { startRun } from "./start-run.ts";
import { drawSwarm, type Swarm } from "./swarm.ts";
import { Watchers } from "./watchers.ts";

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
export interface Process {
  alive: boolean;
  engine: EmbeddedEngine | undefined;
  readonly store: MemoryStore;
  /** The wall clock less what has passed: what the process takes for the time, however the wall clock jumps. */
  readonly clockOffset: number;
  /** Controls that are under way: they may change a run that has ended. */
  hands: number;
}

/** Virtual time after which nothing goes wrong any more and everything must come to its end. */
const SAFETY_MS = 200_000;
const SAFETY_STEPS = 4_000;

/** One seed's world: the engine on simulated ports, clients, activities, and everything that goes wrong. Driven from outside, one task at a time. */
export class World {
  readonly random: Random;
  readonly faultRandom: Random;
  readonly swarm: Swarm;
  readonly time: VirtualTime;
  readonly observer: Observer;
  readonly calls: CallObserver;
  readonly events: EventObserver;
  readonly watchers: Watchers;
  readonly interpreter: Interpreter;
  readonly workflows: GeneratedWorkflow[] = [];
  readonly acked = new Map<string, AckedRun>();
  /** Runs a client asked to cancel: they may end as cancelled. */
  readonly cancelAsked = new Set<string>();
  readonly violations: string[] = [];
  crashes = 0;
  /** Nothing goes wrong any more. */
  liveness = false;
  /** Everything has ended and nobody wants anything any more: what is still there now stays. */
  quiet = false;
  steps = 0;
  process: Process;
  #bootDue = false;
  #wallWrongBy = 0;
  /** By how much the wall clock has been ahead at most. */
  aheadHours = 0;
  readonly #clients: number;
  readonly #mutant: Mutant | undefined;
  readonly #log: ((line: string) => void) | undefined;
  readonly #salt: number;

  constructor(seed: number, { interpreter, mutant, log }: SeedOptions) {
    this.#log = log;
    this.random = new Random(seed);
    this.#mutant = mutant;
    this.swarm = drawSwarm(this.random.fork());
    this.faultRandom = this.random.fork();
    this.#salt = this.random.between(1, 1_000_000);
    const ties = this.random.fork();
    this.time = new VirtualTime(1_700_000_000_000, () => ties.next());
    this.observer = new Observer(this);
    this.calls = new CallObserver(this, interpreter);
    this.events = new EventObserver(this);
    this.watchers = new Watchers(this);
    this.interpreter = mutant?.interpreter?.(this.calls.interpreter) ?? this.calls.interpreter;
    const drawing = this.random.fork();
    const count = drawing.between(1, 3);
    for (let index = 0; index < count; index++)
      this.workflows.push(new WorkflowGenerator(drawing, [...this.workflows]).draw(index));
    this.process = this.#newProcess(this.#disk());
    this.#bootSoon(0);
    this.#clients = drawing.between(1, 6);
    for (let index = 0; index < this.#clients; index++) new Client(this, index, drawing.fork());
    new EventClient(this, this.random.fork());
    if (this.workflows.some(({ holds }) => holds)) new Operator(this);
  }

  /** The disk as the present process sees it. */
  get store(): Store {
    return this.process.store;
  }

  get engine(): EmbeddedEngine | undefined {
    return this.process.alive ? this.process.engine : undefined;
  }

  get allStarted(): boolean {
    return this.acked.size === this.#clients;
  }

  /** What the present process takes for the time. */
  steadyNow(): number {
    return Math.floor(this.time.monotonicMs() + this.process.clockOffset);
  }

  /** A line of the seed's timeline, for whoever asked for one. */
  tell(what: string): void {
    this.#log?.(`${this.time.monotonicMs().toFixed(0).padStart(9)} ${what}`);
  }

  violation(text: string): void {
    this.tell(`VIOLATION ${text}`);
    if (this.violations.length < 20) this.violations.push(text);
  }

  /** What a call answers; the oracle asks the same. */
  outcome(place: CallPlace, body: Json): Outcome {
    return outcomeOf(place, body, this.#salt, this.swarm.activityFails);
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
    if (this.faultRandom.chance(this.swarm.clockJump)) this.#jumpClock();
    if (this.process.alive && this.faultRandom.chance(this.swarm.crash))
      this.crash(this.faultRandom.between(0, this.swarm.downtimeMs));
  }

  #jumpClock(): void {
    const day = this.faultRandom.chance(0.1) ? 24 : 1;
    const by = this.faultRandom.pick([-3_600_000, -60_000, 60_000, 3_600_000]) * day;
    this.#wallWrongBy += by;
    this.aheadHours = Math.max(this.aheadHours, this.#wallWrongBy / 3_600_000);
    this.time.jump(by);
  }

  /** Kills the process; the next one boots after the given time. */
  crash(downtimeMs: number): void {
    if (!this.process.alive) return;
    this.crashes++;
    this.tell(`crash, down for ${String(downtimeMs)} ms`);
    this.process.alive = false;
    const store = this.#disk(this.process.store);
    if (this.faultRandom.chance(this.liveness ? 0 : this.swarm.bitFlip)) this.observer.flipBit(store, this.faultRandom);
    this.process = this.#newProcess(store);
    this.#bootSoon(downtimeMs);
  }

  #disk(before?: MemoryStore): MemoryStore {
    const world = this;
    return faultyDisk(
      {
        swarm: this.swarm,
        get liveness() {
          return world.liveness;
        },
        after: (delayMs, step) => void this.time.after(delayMs, step),
      },
      this.faultRandom,
      before,
    );
  }

  #newProcess(store: MemoryStore): Process {
    return {
      alive: false,
      engine: undefined,
      store,
      clockOffset: this.time.nowMs() - this.time.monotonicMs(),
      hands: 0,
    };
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
    const process = { ...this.#newProcess(this.process.store), alive: true };
    this.process = process;
    this.tell(this.liveness ? "boot, nothing goes wrong any more" : "boot");
    this.calls.booted();
    await this.observer.atBoot();
    if (!process.alive) return;
    const ports = this.#ports(process);
    process.engine = await openEmbeddedEngine(
      this.#mutant?.ports?.(ports) ?? ports,
      this.liveness ? { ...this.swarm.options, timerHorizonMs: 60_000 } : this.swarm.options,
    );
    this.watchers.reconnect(process);
  }

  #ports(process: Process): EnginePorts {
    const { time, observer } = this;
    const whileAlive = (task: () => void) => (): void => {
      if (process.alive) task();
    };
    return {
      store: observer.observed(process.store),
      clock: time,
      scheduler: {
        soon: (task) => time.soon(whileAlive(task)),
        after: (delayMs, task) => time.after(delayMs, whileAlive(task)),
      },
      random: { next: () => this.faultRandom.next() },
      interpreter: this.interpreter,
      activities: callsOf(this, process),
      definitions: { load: async (digest) => this.workflows.find((workflow) => workflow.digest === digest)?.document },
      children: this.#childStarter(process),
      secrets: { seal: (bytes, aad) => flipBytes(bytes, aad), open: (bytes, aad) => flipBytes(bytes, aad) },
      expressions: plainEventExpressions,
      hooks: {
        failed: () => {
          if (process.alive) this.crash(this.liveness ? 0 : this.swarm.downtimeMs);
        },
        quarantined: (run, reason) => observer.quarantined(run, reason),
        warn: (message, error) => observer.warned(message, error),
      },
    };
  }

  #childStarter(process: Process): ChildStarter {
    return {
      start: async (parent, command, key) => {
        const workflow = this.workflows.find(({ document }) => document.document.name === command.name);
        const { engine } = process;
        if (workflow === undefined) throw new ActivityFault(standardFault("configuration", "Unknown workflow"));
        if (engine === undefined) throw new StoreUnavailable("overloaded", "The engine is starting");
        const id = `run-${key}-${String(this.random.between(0, 1e9))}`;
        const link = { run: parent.run, id: command.id, runId: parent.id };
        const row = await startRun(engine, workflow, command.input, id, key, link);
        return { runId: row.id, version: workflow.document.document.version };
      },
    };
  }
}

function flipBytes(bytes: Uint8Array, aad: string): Uint8Array {
  const key = Buffer.from(aad);
  return bytes.map((byte, index) => byte ^ (key[index % key.length] ?? 0) ^ 0x5a);
}
