import type { RunActor } from "./run-actor.ts";

/** What the table needs of its engine: bringing a run back, and taking up what it has under way. */
export interface LiveRunsParts {
  readonly cacheBytesMax: number;
  /** The run from the store; undefined for one that is not there or quarantined. */
  load(run: number): Promise<RunActor | undefined>;
  /** Takes up what a run that was loaded has under way. */
  adopt(actor: RunActor): void;
}

/**
 * The runs in memory, each at most once. Runs with something under way stay; waiting ones stay while the byte budget lasts and leave in the order of their last use (passivation):
 * their state is in the store anyway, and the next fact brings them back.
 */
export class LiveRuns {
  readonly #parts: LiveRunsParts;
  readonly #actors = new Map<number, RunActor>();
  readonly #loading = new Map<number, Promise<RunActor | undefined>>();
  /** Idle runs, least recently used first, with the bytes they were counted with. */
  readonly #idle = new Map<number, number>();
  #idleBytes = 0;

  constructor(parts: LiveRunsParts) {
    this.#parts = parts;
  }

  /** Runs in memory, and the estimated bytes of those that may leave it. */
  get size(): { readonly runs: number; readonly idle: number; readonly idleBytes: number } {
    return { runs: this.#actors.size, idle: this.#idle.size, idleBytes: this.#idleBytes };
  }

  /** The run if it is in memory; it counts as used. */
  peek(run: number): RunActor | undefined {
    const actor = this.#actors.get(run);
    if (actor !== undefined) this.#busy(run);
    return actor;
  }

  /** The run, loaded if need be. */
  get(run: number): Promise<RunActor | undefined> {
    const actor = this.peek(run);
    if (actor !== undefined) return Promise.resolve(actor);
    let loading = this.#loading.get(run);
    if (loading === undefined) {
      loading = this.#load(run).finally(() => this.#loading.delete(run));
      this.#loading.set(run, loading);
    }
    return loading;
  }

  async #load(run: number): Promise<RunActor | undefined> {
    const actor = await this.#parts.load(run);
    if (actor === undefined) return undefined;
    this.#actors.set(run, actor);
    this.#parts.adopt(actor);
    return actor;
  }

  /** A run that has just been started. */
  add(actor: RunActor): void {
    this.#actors.set(actor.run, actor);
  }

  /** The run leaves memory for good or until it is asked for. */
  remove(actor: RunActor): void {
    actor.gone = true;
    if (this.#actors.get(actor.run) !== actor) return;
    this.#busy(actor.run);
    this.#actors.delete(actor.run);
  }

  /** The run has nothing to do now: it may leave. */
  rest(actor: RunActor): void {
    if (actor.gone || actor.committing || actor.mailbox.length > 0 || actor.active) return;
    if (actor.ended) {
      this.remove(actor);
      return;
    }
    this.#busy(actor.run);
    this.#idle.set(actor.run, actor.bytes);
    this.#idleBytes += actor.bytes;
    for (const oldest of this.#idle.keys()) {
      if (this.#idleBytes <= this.#parts.cacheBytesMax) return;
      const leaving = this.#actors.get(oldest);
      if (leaving !== undefined) this.remove(leaving);
    }
  }

  #busy(run: number): void {
    const bytes = this.#idle.get(run);
    if (bytes === undefined) return;
    this.#idle.delete(run);
    this.#idleBytes -= bytes;
  }
}
