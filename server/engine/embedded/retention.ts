import { CommitConflict, type RunRow, type Store, type Write } from "../../store/ports.ts";
import type { Committer } from "./committer.ts";
import { failpoint } from "./failpoints.ts";
import type { EngineScheduler, Scheduled } from "./ports.ts";
import { RunSecrets } from "./run-secrets.ts";
import type { SteadyClock } from "./steady-clock.ts";

const PAGE = 200;

/** The writes that remove an ended run with everything of it: row, journal, snapshot, timers, subscriptions and secrets. */
export function removeRun(run: number): readonly Write[] {
  return [{ op: "deleteRun", run }, RunSecrets.forget(run)];
}

/**
 * Removes ended runs, with their journal and secrets, once they are older than the retention time; a page at a time, so that nobody waits for it. A run that still has work under way, which it
 * does not await, stays until that is done; so does one that an operator takes up again at the same moment.
 */
export class Retention {
  readonly #store: Store;
  readonly #committer: Committer;
  readonly #scheduler: EngineScheduler;
  readonly #clock: SteadyClock;
  #next: Scheduled | undefined;
  #stopped = false;

  constructor(store: Store, committer: Committer, scheduler: EngineScheduler, clock: SteadyClock) {
    this.#store = store;
    this.#committer = committer;
    this.#scheduler = scheduler;
    this.#clock = clock;
  }

  /** Sweeps every `sweepMs` from now on. */
  start(retentionMs: number, sweepMs: number, warn: (error: unknown) => void): void {
    if (this.#stopped) return;
    this.#next = this.#scheduler.after(sweepMs, () => {
      this.sweep(retentionMs)
        .catch(warn)
        .finally(() => this.start(retentionMs, sweepMs, warn));
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#next?.cancel();
  }

  /** Removes everything that is too old now; resolves with how many runs it removed. */
  async sweep(retentionMs: number): Promise<number> {
    let removed = 0;
    while (!this.#stopped) {
      const rows = await this.#store.runs.endedBefore(this.#clock.now() - retentionMs, PAGE);
      if (rows.length === 0) break;
      failpoint("retention.before");
      const gone = await Promise.all(rows.map((row) => this.#remove(row)));
      failpoint("retention.after");
      removed += gone.filter(Boolean).length;
    }
    return removed;
  }

  /** Removes a run unless it has changed since it was read. */
  async #remove({ run, version }: RunRow): Promise<boolean> {
    try {
      await this.#committer.commitSurely([{ op: "updateRun", run, changes: {}, expect: version }, ...removeRun(run)]);
      return true;
    } catch (error) {
      if (error instanceof CommitConflict) return false;
      throw error;
    }
  }
}
