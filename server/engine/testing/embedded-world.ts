import { setImmediate as nextTurn } from "node:timers/promises";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { MemoryStore } from "../../store/memory/memory-store.ts";
import type { Store } from "../../store/ports.ts";
import { coreInterpreter } from "../embedded/core-interpreter.ts";
import { type EmbeddedEngine, openEmbeddedEngine } from "../embedded/embedded-engine.ts";
import type { EngineOptions } from "../embedded/options.ts";
import type { EngineHooks, EnginePorts, EventOutlets, Interpreter, Scheduled } from "../embedded/ports.ts";
import type { EngineWorld, Reply } from "./engine-world.ts";
import { plainEventExpressions } from "./plain-event-expressions.ts";
import { VirtualTime } from "./virtual-time.ts";
import { memoryDisk, type WorldDisk } from "./world-disk.ts";

/** Settings of an embedded world beside the engine's own. */
export interface EmbeddedWorldOptions {
  readonly interpreter?: Interpreter;
  readonly options?: Partial<EngineOptions>;
  readonly hooks?: EngineHooks;
  /** Made anew for each process, on its store. */
  readonly outlets?: (store: Store) => EventOutlets;
}

/** The embedded engine on virtual time and a store in memory, or on another disk. */
export class EmbeddedWorld<Opened extends Store = MemoryStore> implements EngineWorld {
  readonly time = new VirtualTime();
  readonly ports: () => EnginePorts;
  readonly #definitions = new Map<string, WorkflowDocument>();
  readonly #replies = new Map<string, Reply>();
  readonly #calls = new Map<string, number>();
  readonly #options: Partial<EngineOptions>;
  readonly #disk: WorldDisk<Opened>;
  #store: Opened | undefined;
  #engine: EmbeddedEngine | undefined;
  #process = { alive: true };
  #until = 0;
  #running: Promise<void> | undefined;

  private constructor(
    disk: WorldDisk<Opened>,
    { interpreter = coreInterpreter, options = {}, hooks = {}, outlets }: EmbeddedWorldOptions,
  ) {
    this.#options = options;
    this.#disk = disk;
    this.ports = () => {
      const process = this.#process;
      const alive = (task: () => void) => (): void => {
        if (process.alive) task();
      };
      return {
        store: this.store,
        clock: this.time,
        scheduler: {
          soon: (task) => void this.#after(0, alive(task)),
          after: (delayMs, task) => this.#after(delayMs, alive(task)),
        },
        random: { next: () => 0.5 },
        interpreter,
        activities: {
          run: (_kind, input, context) => {
            const { name } = context.task;
            const call = this.calls(name) + 1;
            this.#calls.set(name, call);
            return this.#replies.get(name)?.(call, input, context) ?? Promise.resolve(null);
          },
          consume: () => new Promise(() => undefined),
        },
        definitions: { load: async (digest) => this.#definitions.get(digest) },
        children: {
          start: async (parent, command, idempotencyKey) => {
            const row = await this.engine.start({
              ...blank(`child-${idempotencyKey}`, command.name),
              input: command.input,
              idempotencyKey,
              parent: { run: parent.run, id: command.id, runId: parent.id },
            });
            return { runId: row.id, version: "1.0.0" };
          },
        },
        secrets: {
          seal: (bytes) => bytes.map((byte) => byte ^ 0x5a),
          open: (bytes) => bytes.map((byte) => byte ^ 0x5a),
        },
        expressions: plainEventExpressions,
        hooks,
        ...(outlets === undefined ? {} : { outlets: outlets(this.store) }),
      };
    };
  }

  /** Starts the first process, on a disk in memory. */
  static open(options: EmbeddedWorldOptions = {}): Promise<EmbeddedWorld> {
    return EmbeddedWorld.on(memoryDisk, options);
  }

  /** Starts the first process on a disk. */
  static async on<Opened extends Store>(
    disk: WorldDisk<Opened>,
    options: EmbeddedWorldOptions = {},
  ): Promise<EmbeddedWorld<Opened>> {
    const world = new EmbeddedWorld(disk, options);
    world.#store = await disk.open((step, delayMs) => void world.#after(delayMs, step));
    await world.#boot();
    return world;
  }

  get store(): Opened {
    if (this.#store === undefined) throw new Error("assertion: the world is open");
    return this.#store;
  }

  get engine(): EmbeddedEngine {
    if (this.#engine === undefined) throw new Error("assertion: the world is open");
    return this.#engine;
  }

  define(document: WorkflowDocument): string {
    const digest = document.document.name;
    this.#definitions.set(digest, document);
    return digest;
  }

  answer(task: string, reply: Reply): void {
    this.#replies.set(task, reply);
  }

  calls(task: string): number {
    return this.#calls.get(task) ?? 0;
  }

  settle(): Promise<void> {
    return this.#run();
  }

  async pass(ms: number): Promise<void> {
    await this.#run();
    this.#until += ms;
    this.time.after(ms, () => undefined);
    await this.#run();
  }

  async crash(): Promise<void> {
    this.#process.alive = false;
    this.#store = await this.#disk.crash(this.store);
    await this.#boot();
  }

  async #boot(): Promise<void> {
    this.#process = { alive: true };
    this.#engine = await openEmbeddedEngine(this.ports(), this.#options);
  }

  /** What is to happen now happens by itself; what is later waits for `pass`. */
  #after(delayMs: number, task: () => void): Scheduled {
    const scheduled = this.time.after(delayMs, task);
    void this.#run();
    return scheduled;
  }

  #run(): Promise<void> {
    this.#running ??= this.#steps().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #steps(): Promise<void> {
    await this.#turn();
    for (let next = this.time.next(); next !== undefined && next <= this.#until; next = this.time.next()) {
      this.time.step();
      await this.#turn();
    }
  }

  /** Lets everything happen that needs no time of the world. */
  async #turn(): Promise<void> {
    await nextTurn();
    await this.#disk.idle();
  }
}

/** A start request with nothing special about it. */
export function blank(id: string, digest: string): Parameters<EmbeddedEngine["start"]>[0] {
  return {
    id,
    org: "acme",
    slug: id,
    workflowId: digest,
    instanceId: digest,
    digest,
    labels: {},
    data: new Uint8Array(0),
    input: null,
    env: {},
    secrets: {},
  };
}
