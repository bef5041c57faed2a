import { CommitConflict, type Store, StoreUnavailable, type Write } from "../../store/ports.ts";
import { failpoint } from "./failpoints.ts";
import type { EngineRandom, EngineScheduler } from "./ports.ts";

const LAZY_MS = 1_000;

/**
 * The one door to durability. A store that failed may or may not have written the last batch, so nothing more is said or written by this process: the next one reads what is there (fail-stop).
 */
export class Committer {
  readonly #store: Store;
  readonly #scheduler: EngineScheduler;
  readonly #random: EngineRandom;
  readonly #retryMs: number;
  readonly #failed: (error: Error) => void;
  #lazy: Write[] = [];
  #lazyArmed = false;
  #halted: Error | undefined;
  #underWay = 0;
  #idle: (() => void)[] = [];

  constructor(
    store: Store,
    scheduler: EngineScheduler,
    random: EngineRandom,
    retryMs: number,
    failed: (error: Error) => void,
  ) {
    this.#store = store;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#retryMs = retryMs;
    this.#failed = failed;
  }

  /** Set once the store has failed. */
  get halted(): Error | undefined {
    return this.#halted;
  }

  /** Commits a batch of a request. Rejects with CommitConflict or StoreUnavailable. */
  commit(writes: readonly Write[]): Promise<void> {
    if (this.#halted !== undefined) return Promise.reject(this.#halted);
    failpoint("commit.before");
    this.#underWay++;
    if (this.#lazy.length === 0) return this.#store.commit(writes).then(this.#written, this.#refused);
    const lazy = this.#lazy;
    this.#lazy = [];
    return this.#store.commit([...writes, ...lazy]).then(this.#written, (error: unknown) => {
      this.#lazy = [...lazy, ...this.#lazy];
      this.#refused(error);
    });
  }

  readonly #written = (): void => {
    this.#settled();
    failpoint("commit.after");
  };

  readonly #refused = (error: unknown): never => {
    this.#halt(error);
    this.#settled();
    throw error;
  };

  #settled(): void {
    this.#underWay--;
    if (this.#underWay === 0 && this.#idle.length > 0) this.#wakeIdle();
  }

  /**
   * Commits what must not be refused: a full queue or disk is asked again, later and later. `wanted` is asked right before each try, in the same turn; once it says no, nothing is written and false
   * comes back. Rejects only with CommitConflict (a fault of ours) or when the store has failed.
   */
  commitSurely(writes: readonly Write[], wanted?: () => boolean): Promise<boolean> {
    return this.#try(writes, wanted, 0);
  }

  #try(writes: readonly Write[], wanted: (() => boolean) | undefined, attempt: number): Promise<boolean> {
    if (wanted?.() === false) return Promise.resolve(false);
    return this.commit(writes).then(yes, async (error: unknown) => {
      if (!isPassing(error)) throw error;
      await this.#pause(attempt);
      return this.#try(writes, wanted, attempt + 1);
    });
  }

  /** Commits with whatever comes next, or alone after a second: for cleaning up that a crash may undo. */
  later(write: Write): void {
    this.#lazy.push(write);
    if (this.#lazyArmed) return;
    this.#lazyArmed = true;
    this.#scheduler.after(LAZY_MS, () => {
      this.#lazyArmed = false;
      if (this.#lazy.length > 0) this.commitSurely([]).catch(() => undefined);
    });
  }

  /** Resolves when nothing is on its way to the store. */
  async flush(): Promise<void> {
    if (this.#lazy.length > 0 && this.#halted === undefined) await this.commitSurely([]);
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #pause(attempt: number): Promise<void> {
    const delay = this.#retryMs * 2 ** Math.min(attempt, 6) * (0.5 + this.#random.next());
    return new Promise((resolve) => void this.#scheduler.after(delay, resolve));
  }

  #halt(error: unknown): void {
    if (error instanceof CommitConflict || isPassing(error) || this.#halted !== undefined) return;
    this.#halted = error instanceof Error ? error : new StoreUnavailable("failed", String(error));
    this.#failed(this.#halted);
  }

  #wakeIdle(): void {
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }
}

function yes(): boolean {
  return true;
}

function isPassing(error: unknown): boolean {
  return error instanceof StoreUnavailable && (error.reason === "overloaded" || error.reason === "diskFull");
}
