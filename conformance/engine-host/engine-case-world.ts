import { setImmediate as nextTurn } from "node:timers/promises";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { latestRelease } from "@stigmer/core/lib/semver.ts";
import type { StartChild } from "@stigmer/core/protocol/command.ts";
import type { MockAnswer } from "@stigmer/core/simulate/mock.ts";
import type { Simulation } from "@stigmer/core/simulate/simulate.ts";
import { ActivityFault } from "../../server/activities/activity.ts";
import { coreInterpreter } from "../../server/engine/embedded/core-interpreter.ts";
import { type EmbeddedEngine, openEmbeddedEngine } from "../../server/engine/embedded/embedded-engine.ts";
import type { EngineOptions } from "../../server/engine/embedded/options.ts";
import type { EnginePorts, Interpreter, Scheduled } from "../../server/engine/embedded/ports.ts";
import { ControlRefused, type StartRun } from "../../server/engine/engine.ts";
import { VirtualTime } from "../../server/engine/testing/virtual-time.ts";
import { jqEventExpressions } from "../../server/events/jq-event-expressions.ts";
import { createMemoryStore, type MemoryStore } from "../../server/store/memory/memory-store.ts";
import type { JournalRecord, RunRow, Write } from "../../server/store/ports.ts";
import { type CrashPoint, watchedStore } from "./crash-point.ts";
import { MockRunner, noMock } from "./mock-runner.ts";

/** The run that a case observes. */
export const RUN_ID = "run";

const ORG = "acme";
const DEFAULT_START_MS = 1_767_225_600_000;
const TEN_YEARS_MS = 315_360_000_000;
/** Steps of the world, of which a fact takes several. */
const STEPS_MAX = 500_000;
const STAND_IN = "stand-in";
const STAND_IN_DOCUMENT: WorkflowDocument = {
  document: { dsl: "1.0.3", namespace: "test", name: STAND_IN, version: "1.0.0" },
  do: [{ answer: { call: "http", with: { method: "get", endpoint: "https://stand-in.example" } } }],
};

/** How a case is run. */
export interface CaseRun {
  readonly options?: Partial<EngineOptions>;
  readonly crash?: CrashPoint;
}

/** One life of the server. */
interface Process {
  alive: boolean;
  readonly store: MemoryStore;
  readonly opened: Promise<EmbeddedEngine>;
}

/**
 * The embedded engine as it ships, in a world where a case is all that happens: virtual time, a store in memory, mocked activities, the case's own documents as children. What the engine does at
 * once comes before anything else of the outside world at the same time, so that the order is that of the simulator. The process may die on the way; the outside world stays, the next process
 * finds what was durable, and whoever was not answered asks again.
 */
export class EngineCaseWorld {
  readonly runner: MockRunner;
  readonly published: JsonObject[] = [];
  readonly refused: string[] = [];
  /** Commits that held records of journals, over all processes. */
  commits = 0;
  readonly #simulation: Omit<Simulation, "mocks">;
  readonly #run: CaseRun;
  readonly #time: VirtualTime;
  readonly #standIns = new Map<string, MockAnswer>();
  readonly #definitions = new Map<string, WorkflowDocument>([[STAND_IN, STAND_IN_DOCUMENT]]);
  readonly #children = new Map<string, () => void>();
  readonly #problems: string[] = [];
  readonly #commands = new Map<string, number>();
  readonly #runIds = new Map<number, string>();
  readonly #recorded = new Map<string, number>();
  readonly #unanswered = new Set<() => void>();
  #tie = 0;
  #lastOutsideMs = 0;
  #process: Process | undefined;
  #engine: EmbeddedEngine | undefined;
  #crashDue = false;

  constructor({ mocks = {}, ...simulation }: Simulation, run: CaseRun = {}) {
    this.#simulation = simulation;
    this.#run = run;
    this.#time = new VirtualTime(simulation.startAtMs ?? DEFAULT_START_MS, () => this.#tie);
    this.runner = new MockRunner({
      mocks,
      observed: RUN_ID,
      standIns: this.#standIns,
      later: (delayMs, happen) => this.#outside(delayMs, happen),
      commandOf: ({ idempotencyKey, task }) => this.#commands.get(`${idempotencyKey} ${String(task.attempt)}`) ?? 0,
      recorded: (runId, subscription) =>
        this.#recorded.get(`${runId} ${subscription.slice(subscription.lastIndexOf("/") + 1)}`) ?? 0,
    });
  }

  get engine(): EmbeddedEngine {
    if (this.#engine === undefined) throw new Error("assertion: the world has run");
    return this.#engine;
  }

  /** When something of the outside world last happened: milliseconds after the start. */
  get lastOutsideMs(): number {
    return this.#lastOutsideMs;
  }

  /** Runs the case until nothing more would ever happen. Rejects where the engine warned of something or quarantined a run. */
  async run(): Promise<void> {
    await this.#boot(createMemoryStore(this.#storeOptions()));
    const { document, events = [], controls = [], input } = this.#simulation;
    for (const { afterMs, event } of events)
      this.#outside(afterMs, () => this.#ask(async (engine) => void (await engine.publish(ORG, [event]))));
    for (const { afterMs, control } of controls) this.#outside(afterMs, () => this.#control(control));
    const digest = this.#define(document);
    this.#ask(async (engine) => {
      if ((await engine.view(RUN_ID)) === undefined) await engine.start(this.#request(RUN_ID, digest, input ?? {}));
    });
    await this.#happen();
    for (const [runId, cancelled] of this.#children)
      if ((await this.engine.view(runId))?.row.status === "cancelled") cancelled();
    if (this.#problems.length > 0) throw new Error(`Cannot rely on the run: ${this.#problems.join("; ")}`);
  }

  async #happen(): Promise<void> {
    for (let steps = 0; steps < STEPS_MAX; steps += 1) {
      await nextTurn();
      if (this.#crashDue) this.#crash();
      if (this.#process !== undefined && !this.#process.alive) {
        await this.#reboot(this.#process);
        await nextTurn();
      }
      const next = this.#time.next();
      if (next === undefined || next > TEN_YEARS_MS) return;
      this.#time.step();
    }
  }

  async #boot(store: MemoryStore): Promise<void> {
    let opened: (engine: EmbeddedEngine) => void = () => undefined;
    const process: Process = { alive: true, store, opened: new Promise((resolve) => (opened = resolve)) };
    this.#process = process;
    this.#engine = await openEmbeddedEngine(this.#ports(process), {
      // Beyond the end of the case: what is not in memory would be looked for for ever.
      timerHorizonMs: 4 * TEN_YEARS_MS,
      runtime: { name: "stigmer", version: "simulation" },
      ...this.#run.options,
    });
    opened(this.#engine);
  }

  async #reboot({ store }: Process): Promise<void> {
    await this.#boot(store.crash(this.#storeOptions()));
    const unanswered = [...this.#unanswered];
    this.#unanswered.clear();
    for (const ask of unanswered) ask();
  }

  #crash(): void {
    this.#crashDue = false;
    if (this.#process !== undefined) this.#process.alive = false;
  }

  #storeOptions(): { schedule(step: () => void, delayMs: number): void } {
    return { schedule: (step, delayMs) => void this.#after(delayMs === 0 ? 0 : 1, delayMs, step) };
  }

  #ports(process: Process): EnginePorts {
    const inside = (delayMs: number, task: () => void): Scheduled =>
      this.#after(delayMs === 0 ? 0 : 1, delayMs, () => {
        if (process.alive) task();
      });
    const alive = (): boolean => process.alive;
    const problem = (text: string): void => {
      if (process.alive) this.#problems.push(text);
    };
    return {
      store: watchedStore(process.store, { alive, durable: (batch) => this.#durable(batch) }),
      clock: this.#time,
      scheduler: { soon: (task) => void inside(0, task), after: inside },
      random: { next: () => 0.5 },
      interpreter: this.#noting(coreInterpreter),
      activities: this.runner,
      definitions: { load: async (digest) => this.#definitions.get(digest) },
      children: {
        start: async (parent, command, key) => this.#startChild(await process.opened, parent, command, key),
      },
      secrets: { seal: (bytes) => bytes, open: (bytes) => bytes },
      expressions: jqEventExpressions(() => this.#time.nowMs()),
      hooks: {
        published: async (_org, events) => {
          const given = this.#simulation.events ?? [];
          this.published.push(...events.filter((event) => !given.some((one) => one.event === event)));
        },
        quarantined: (_run, reason) => problem(reason),
        failed: (error) => problem(String(error)),
        warn: (message, error) => problem(`${message}: ${String(error)}`),
      },
    };
  }

  /** The interpreter, with the latest command of each idempotency key and attempt noted. */
  #noting(interpreter: Interpreter): Interpreter {
    return {
      ...interpreter,
      step: (program, state, event) => {
        const result = interpreter.step(program, state, event);
        for (const command of result.commands) {
          if (command.type !== "startActivity") continue;
          const name = `${command.idempotencyKey} ${String(command.task.attempt)}`;
          this.#commands.set(name, Math.max(command.id, this.#commands.get(name) ?? 0));
        }
        return result;
      },
    };
  }

  /** Notes what the outside world must know of a durable batch, and lets the process die if it is time. */
  #durable(batch: readonly Write[]): void {
    let records = 0;
    for (const write of batch) {
      if (write.op === "putRun") this.#runIds.set(write.row.run, write.row.id);
      if (write.op !== "append") continue;
      records += 1;
      this.#noteRecord(write.record);
    }
    if (records === 0) return;
    this.commits += 1;
    const { crash } = this.#run;
    if (crash?.commit !== this.commits) return;
    if (crash.heard) this.#crashDue = true;
    else this.#crash();
  }

  #noteRecord({ run, data }: JournalRecord): void {
    if (!data.startsWith('{"type":"eventDelivered"')) return;
    const name = `${this.#runIds.get(run) ?? ""} ${String((JSON.parse(data) as { readonly id: number }).id)}`;
    this.#recorded.set(name, (this.#recorded.get(name) ?? 0) + 1);
  }

  #after(tie: number, delayMs: number, task: () => void): Scheduled {
    this.#tie = tie;
    return this.#time.after(delayMs, task);
  }

  #outside(delayMs: number, happen: () => void): void {
    this.#after(1, delayMs, () => {
      this.#lastOutsideMs = this.#time.monotonicMs();
      happen();
    });
  }

  /** A client's request: made again of the next process if this one dies without an answer. */
  #ask(request: (engine: EmbeddedEngine, again: boolean) => Promise<void>, again = false): void {
    const process = this.#process;
    const repeat = (): void => this.#ask(request, true);
    this.#unanswered.add(repeat);
    request(this.engine, again).then(
      () => void (process?.alive === true && this.#unanswered.delete(repeat)),
      (error: unknown) => {
        if (process?.alive !== true) return;
        this.#unanswered.delete(repeat);
        this.#problems.push(String(error));
      },
    );
  }

  /** An operator who gets no answer looks whether the control is in the history before asking again. */
  #control(control: NonNullable<Simulation["controls"]>[number]["control"]): void {
    let from: number | undefined;
    this.#ask(async (engine, again) => {
      const after = from;
      from ??= (await engine.view(RUN_ID))?.row.head ?? 0;
      if (again && after !== undefined) {
        const since = await engine.history(RUN_ID, after + 1, Number.MAX_SAFE_INTEGER);
        if (since.some(({ fact }) => fact["type"] === control.type)) return;
      }
      await engine.control(RUN_ID, control).catch((error: unknown) => this.#refuse(error));
    });
  }

  #refuse(error: unknown): void {
    if (!(error instanceof ControlRefused)) throw error;
    this.refused.push(error.message);
  }

  #define(document: WorkflowDocument): string {
    const { namespace, name, version } = document.document;
    const digest = `${namespace}/${name}/${version}`;
    this.#definitions.set(digest, document);
    return digest;
  }

  #request(id: string, digest: string, input: Json): StartRun {
    const { env = {}, secrets = {} } = this.#simulation;
    const labels = { id, org: ORG, slug: id, workflowId: digest, instanceId: digest };
    return { ...labels, digest, labels: {}, data: new Uint8Array(0), input, env, secrets };
  }

  async #startChild(
    engine: EmbeddedEngine,
    parent: RunRow,
    command: StartChild,
    idempotencyKey: string,
  ): Promise<{ readonly runId: string; readonly version: string }> {
    const runId = `${parent.id}-${command.id}`;
    const { answer, cancelled } = this.runner.child(parent.id, command);
    const document = answer === undefined ? this.#childDocument(command) : STAND_IN_DOCUMENT;
    if (document === undefined) throw new ActivityFault(noMock(command.task.name, command.task.pointer));
    if (answer !== undefined) this.#standIns.set(runId, answer);
    this.#children.set(runId, cancelled);
    const digest = answer === undefined ? this.#define(document) : STAND_IN;
    const link = { idempotencyKey, parent: { run: parent.run, id: command.id, runId: parent.id } };
    await engine.start({ ...this.#request(runId, digest, command.input), ...link });
    return { runId, version: document.document.version };
  }

  #childDocument({ namespace, name, version }: StartChild): WorkflowDocument | undefined {
    const candidates = (this.#simulation.workflows ?? []).filter(
      ({ document }) => document.namespace === namespace && document.name === name,
    );
    const wanted = version === "latest" ? latestRelease(candidates.map(({ document }) => document.version)) : version;
    return candidates.find(({ document }) => document.version === wanted);
  }
}
