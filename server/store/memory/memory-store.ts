import { CommitConflict, type Store, type StoreHealth, StoreUnavailable, type Write } from "../ports.ts";
import { MemoryTables } from "./memory-tables.ts";

/*
 * A database in memory with a disk one can pull the plug of. A commit goes through the stages it goes through on a real disk: queued, then under way to the disk (with all that was
 * queued beside it), then durable and acknowledged. Each stage is a step given to a scheduler, so that a simulation can put a crash between any two. It has no clock and no chance
 * of its own: the same schedule, faults and random numbers give the same store.
 */

/** What goes wrong with a group of batches on its way to the disk. */
export type CommitFault =
  /** The disk takes its time. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** Nothing is written, callers are told, later commits may succeed. */
  | { readonly kind: "diskFull" }
  /** The commit reports an error and the store has failed. What the disk holds shows only after `crash`: nothing, everything, or everything but the last batch. */
  | { readonly kind: "failed"; readonly kept: "none" | "all" | "allButLast" };

/** The world of a memory store. */
export interface MemoryStoreOptions {
  /** Runs a step after a delay; steps of equal delay in the order given. `setImmediate` or `setTimeout` unless given. */
  readonly schedule?: (step: () => void, delayMs: number) => void;
  /** Asked once for each group when it goes to the disk, with the number of its batches. */
  readonly faults?: (batches: number) => CommitFault | undefined;
  /** A number from 0 up to 1: decides how much of what was under way survives a crash. Nothing does unless given. */
  readonly random?: () => number;
  /** Writes that may wait before commits are refused as overloaded. */
  readonly queuedWritesMax?: number;
}

/** A store in memory that can crash. */
export interface MemoryStore extends Store {
  /**
   * Ends the store as the death of its process would: promises of this store never settle from here on, those of `commit` included. Returns the store that the next process finds:
   * all that was acknowledged, and of what was under way the first batches, each whole.
   */
  crash(options?: MemoryStoreOptions): MemoryStore;
  /** Changes the data of a durable journal record behind everybody's back, as a flipped bit would. */
  tamperJournal(run: number, seq: number, data: string): void;
}

/** Makes an empty store in memory. */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new CrashingStore(new MemoryTables(), options);
}

interface Waiting {
  readonly batch: readonly Write[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

type State = "open" | "failed" | "closed" | "dead";

class CrashingStore implements MemoryStore {
  readonly resources: Store["resources"];
  readonly definitions: Store["definitions"];
  readonly runs: Store["runs"];
  readonly journal: Store["journal"];
  readonly timers: Store["timers"];
  readonly subscriptions: Store["subscriptions"];
  readonly records: Store["records"];
  readonly #tables: MemoryTables;
  readonly #options: MemoryStoreOptions;
  #state: State = "open";
  #diskFull = false;
  #queue: Waiting[] = [];
  #queuedWrites = 0;
  /** Batches the disk was given and has not acknowledged. */
  #underWay: readonly Waiting[] = [];
  /** Batches that are on the disk though their commit reported an error. */
  #hidden: readonly Waiting[] = [];
  #scheduled = false;
  #drained: (() => void)[] = [];

  constructor(tables: MemoryTables, options: MemoryStoreOptions) {
    this.#tables = tables;
    this.#options = options;
    const isDead = (): boolean => this.#state === "dead";
    this.resources = mortal(tables.resources, isDead);
    this.definitions = mortal(tables.definitions, isDead);
    this.runs = mortal(tables.runs, isDead);
    this.journal = mortal(tables.journal, isDead);
    this.timers = mortal(tables.timers, isDead);
    this.subscriptions = mortal(tables.subscriptions, isDead);
    this.records = mortal(tables.records, isDead);
  }

  commit(batch: readonly Write[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#state === "dead") return;
      if (this.#state !== "open") return reject(unavailable(this.#state));
      const limit = this.#options.queuedWritesMax ?? Number.POSITIVE_INFINITY;
      if (this.#queuedWrites > 0 && this.#queuedWrites + batch.length > limit) return reject(unavailable("overloaded"));
      this.#queue.push({ batch, resolve, reject });
      this.#queuedWrites += batch.length;
      this.#startSoon();
    });
  }

  async health(): Promise<StoreHealth> {
    if (this.#state === "dead") return never();
    const healthy = this.#state === "open" && !this.#diskFull;
    const state = this.#diskFull ? "diskFull" : this.#state;
    return { healthy, description: `the store in memory is ${state}`, details: { queuedWrites: this.#queuedWrites } };
  }

  async close(): Promise<void> {
    if (this.#state === "dead") return never();
    if (this.#scheduled) await new Promise<void>((resolve) => this.#drained.push(resolve));
    if (this.#state === "open") this.#state = "closed";
  }

  crash(options: MemoryStoreOptions = this.#options): MemoryStore {
    this.#state = "dead";
    const random = this.#options.random ?? (() => 0);
    const survivors = Math.floor(random() * (this.#underWay.length + 1));
    for (const { batch } of [...this.#hidden, ...this.#underWay.slice(0, survivors)]) this.#tables.applyBatch(batch);
    return new CrashingStore(this.#tables, options);
  }

  tamperJournal(run: number, seq: number, data: string): void {
    this.#tables.journal.tamper(run, seq, data);
  }

  #startSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#later(() => this.#start(), 0);
  }

  /** All that is queued goes to the disk together. */
  #start(): void {
    const group = this.#queue;
    this.#queue = [];
    this.#queuedWrites = 0;
    this.#underWay = group;
    const fault = this.#options.faults?.(group.length);
    this.#later(() => this.#finish(group, fault), fault?.kind === "slow" ? fault.delayMs : 0);
  }

  /** The disk answers. */
  #finish(group: readonly Waiting[], fault: CommitFault | undefined): void {
    this.#underWay = [];
    this.#diskFull = fault?.kind === "diskFull";
    if (fault === undefined || fault.kind === "slow") this.#acknowledge(group);
    else if (fault.kind === "diskFull") for (const { reject } of group) reject(unavailable("diskFull"));
    else this.#fail(group, fault.kept);
    this.#scheduled = false;
    if (this.#queue.length > 0) return this.#startSoon();
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #acknowledge(group: readonly Waiting[]): void {
    const refused = group.map(({ batch }) => this.#tables.applyBatch(batch));
    for (const [index, { resolve, reject }] of group.entries()) {
      const refusal = refused[index];
      if (refusal === undefined) resolve();
      else reject(new CommitConflict({ ...refusal.refusal, write: refusal.write }));
    }
  }

  #fail(group: readonly Waiting[], kept: "none" | "all" | "allButLast"): void {
    this.#state = "failed";
    if (kept !== "none") this.#hidden = kept === "all" ? group : group.slice(0, -1);
    for (const { reject } of [...group, ...this.#queue]) reject(unavailable("failed"));
    this.#queue = [];
    this.#queuedWrites = 0;
  }

  #later(step: () => void, delayMs: number): void {
    const schedule = this.#options.schedule ?? ((run, ms) => (ms === 0 ? setImmediate(run) : setTimeout(run, ms)));
    schedule(() => {
      if (this.#state !== "dead") step();
    }, delayMs);
  }
}

function unavailable(reason: StoreUnavailable["reason"]): StoreUnavailable {
  return new StoreUnavailable(reason, `Cannot commit: the store in memory is ${reason}`);
}

function never<Value>(): Promise<Value> {
  return new Promise(() => undefined);
}

/** A reader whose answers never come once its process is dead. */
function mortal<Reader extends object>(reader: Reader, isDead: () => boolean): Reader {
  return new Proxy(reader, {
    get(target, member) {
      const method: unknown = Reflect.get(target, member);
      if (typeof method !== "function") return method;
      return (...parameters: unknown[]): unknown => (isDead() ? never() : Reflect.apply(method, target, parameters));
    },
  });
}
