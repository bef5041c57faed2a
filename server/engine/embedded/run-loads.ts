import type { JournalTail, RunRow, Store } from "../../store/ports.ts";
import type { RunActor } from "./run-actor.ts";
import { type RunLoader, Unrecoverable } from "./run-loader.ts";

/** Runs of one query, and journal records: what they hold is in memory twice for a moment. */
const RUNS_MAX = 64;
const RECORDS_MAX = 512;

interface Asked {
  readonly run: number;
  readonly loaded: (actor: RunActor | undefined) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Brings runs back into memory, those that are asked for together with a few queries for all of them: of a herd of timers each costs a fraction of what it costs alone. Whatever is not as usual
 * with a run, it is loaded by itself, so that no run suffers from another's damage.
 */
export class RunLoads {
  readonly #store: Store;
  readonly #loader: RunLoader;
  readonly #quarantine: (run: number, reason: string) => Promise<void>;
  #asked: Asked[] = [];

  constructor(store: Store, loader: RunLoader, quarantine: (run: number, reason: string) => Promise<void>) {
    this.#store = store;
    this.#loader = loader;
    this.#quarantine = quarantine;
  }

  /** The run as of its last record; undefined for one that is not there or quarantined, be it for this. Rejects as the store does. */
  load(run: number): Promise<RunActor | undefined> {
    return new Promise((loaded, failed) => {
      this.#asked.push({ run, loaded, failed });
      if (this.#asked.length === 1) queueMicrotask(() => void this.#loadAsked());
    });
  }

  async #loadAsked(): Promise<void> {
    const asked = this.#asked;
    this.#asked = [];
    for (let at = 0; at < asked.length; at += RUNS_MAX) await this.#loadSome(asked.slice(at, at + RUNS_MAX));
  }

  async #loadSome(asked: readonly Asked[]): Promise<void> {
    const read = await this.#read(asked.map(({ run }) => run)).catch(() => undefined);
    for (const one of asked) {
      const found = read?.get(one.run);
      if (found === "absent") one.loaded(undefined);
      else if (found === undefined) await this.#loadAlone(one);
      else one.loaded(found);
    }
  }

  /** The runs as far as they can be had at once. */
  async #read(runs: readonly number[]): Promise<ReadonlyMap<number, RunActor | "absent">> {
    const rows = (await this.#store.runs.byKeys(runs)).filter(isUsable);
    const tails = await this.#store.journal.tails(
      rows.map(({ run }) => run),
      RECORDS_MAX,
    );
    const found = new Map<number, RunActor | "absent">(runs.map((run) => [run, "absent"]));
    for (const row of rows) {
      found.delete(row.run);
      const actor = this.#fromTail(row, tails);
      if (actor !== undefined) found.set(row.run, actor);
    }
    return found;
  }

  #fromTail(row: RunRow, tails: ReadonlyMap<number, JournalTail>): RunActor | undefined {
    const tail = tails.get(row.run);
    try {
      return tail === undefined ? undefined : this.#loader.loadFrom(row, tail);
    } catch {
      // Loaded by itself it says what is wrong with it.
      return undefined;
    }
  }

  /** One after the other: each may hold a long tail. */
  async #loadAlone({ run, loaded, failed }: Asked): Promise<void> {
    try {
      const row = await this.#store.runs.byKey(run);
      loaded(row !== undefined && isUsable(row) ? await this.#loader.load(row) : undefined);
    } catch (error) {
      if (!(error instanceof Unrecoverable)) return failed(error);
      this.#quarantine(run, error.message).then(() => loaded(undefined), failed);
    }
  }
}

function isUsable({ status }: RunRow): boolean {
  return status !== "quarantined";
}
