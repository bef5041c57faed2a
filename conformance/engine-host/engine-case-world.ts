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
import type { EnginePorts, Scheduled } from "../../server/engine/embedded/ports.ts";
import { ControlRefused, type StartRun } from "../../server/engine/engine.ts";
import { VirtualTime } from "../../server/engine/testing/virtual-time.ts";
import { jqEventExpressions } from "../../server/events/jq-event-expressions.ts";
import { createMemoryStore } from "../../server/store/memory/memory-store.ts";
import type { RunRow } from "../../server/store/ports.ts";
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

/**
 * The embedded engine as it ships, in a world where a case is all that happens: virtual time, a store in memory, mocked activities, the case's own documents as children. What the engine does at
 * once comes before anything else of the outside world at the same time, so that the order is that of the simulator.
 */
export class EngineCaseWorld {
  readonly runner: MockRunner;
  readonly published: JsonObject[] = [];
  readonly refused: string[] = [];
  readonly #simulation: Omit<Simulation, "mocks">;
  readonly #time: VirtualTime;
  readonly #standIns = new Map<string, MockAnswer>();
  readonly #definitions = new Map<string, WorkflowDocument>([[STAND_IN, STAND_IN_DOCUMENT]]);
  readonly #children: { readonly runId: string; cancelled(): void }[] = [];
  readonly #problems: string[] = [];
  #tie = 0;
  #lastOutsideMs = 0;
  #engine: EmbeddedEngine | undefined;

  constructor({ mocks = {}, ...simulation }: Simulation) {
    this.#simulation = simulation;
    this.#time = new VirtualTime(simulation.startAtMs ?? DEFAULT_START_MS, () => this.#tie);
    this.runner = new MockRunner(mocks, RUN_ID, this.#standIns, (delayMs, happen) => this.#outside(delayMs, happen));
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
  async run(options: Partial<EngineOptions> = {}): Promise<void> {
    this.#engine = await openEmbeddedEngine(this.#ports(), {
      // Beyond the end of the case: what is not in memory would be looked for for ever.
      timerHorizonMs: 4 * TEN_YEARS_MS,
      runtime: { name: "stigmer", version: "simulation" },
      ...options,
    });
    const { document, events = [], controls = [], input } = this.#simulation;
    for (const { afterMs, event } of events) this.#outside(afterMs, () => this.#expect(this.#publish(event)));
    for (const { afterMs, control } of controls) {
      this.#outside(afterMs, () =>
        this.#expect(this.engine.control(RUN_ID, control).catch((error: unknown) => this.#refuse(error))),
      );
    }
    this.#expect(this.engine.start(this.#request(RUN_ID, this.#define(document), input ?? {})));
    await this.#happen();
    for (const { runId, cancelled } of this.#children)
      if ((await this.engine.view(runId))?.row.status === "cancelled") cancelled();
    if (this.#problems.length > 0) throw new Error(`Cannot rely on the run: ${this.#problems.join("; ")}`);
  }

  async #happen(): Promise<void> {
    for (let steps = 0; steps < STEPS_MAX; steps += 1) {
      await nextTurn();
      const next = this.#time.next();
      if (next === undefined || next > TEN_YEARS_MS) return;
      this.#time.step();
    }
  }

  #ports(): EnginePorts {
    const inside = (delayMs: number, task: () => void): Scheduled => this.#after(delayMs === 0 ? 0 : 1, delayMs, task);
    return {
      store: createMemoryStore({ schedule: (step, delayMs) => void inside(delayMs, step) }),
      clock: this.#time,
      scheduler: { soon: (task) => void inside(0, task), after: inside },
      random: { next: () => 0.5 },
      interpreter: coreInterpreter,
      activities: this.runner,
      definitions: { load: async (digest) => this.#definitions.get(digest) },
      children: { start: (parent, command, key) => this.#startChild(parent, command, key) },
      secrets: { seal: (bytes) => bytes, open: (bytes) => bytes },
      expressions: jqEventExpressions(() => this.#time.nowMs()),
      hooks: {
        published: async (_org, events) => {
          const given = this.#simulation.events ?? [];
          this.published.push(...events.filter((event) => !given.some((one) => one.event === event)));
        },
        quarantined: (_run, reason) => void this.#problems.push(reason),
        failed: (error) => void this.#problems.push(String(error)),
        warn: (message, error) => void this.#problems.push(`${message}: ${String(error)}`),
      },
    };
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

  async #publish(event: JsonObject): Promise<void> {
    await this.engine.publish(ORG, [event]);
  }

  #refuse(error: unknown): void {
    if (!(error instanceof ControlRefused)) throw error;
    this.refused.push(error.message);
  }

  #expect(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#problems.push(String(error)));
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
    parent: RunRow,
    command: StartChild,
    idempotencyKey: string,
  ): Promise<{ readonly runId: string; readonly version: string }> {
    const runId = `${parent.id}-${command.id}`;
    const { answer, cancelled } = this.runner.child(parent.id, command);
    const document = answer === undefined ? this.#childDocument(command) : STAND_IN_DOCUMENT;
    if (document === undefined) throw new ActivityFault(noMock(command.task.name, command.task.pointer));
    if (answer !== undefined) this.#standIns.set(runId, answer);
    this.#children.push({ runId, cancelled });
    const digest = answer === undefined ? this.#define(document) : STAND_IN;
    const link = { idempotencyKey, parent: { run: parent.run, id: command.id, runId: parent.id } };
    await this.engine.start({ ...this.#request(runId, digest, command.input), ...link });
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
