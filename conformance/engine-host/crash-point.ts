import { CommitConflict, type Store, type Write } from "../../server/store/ports.ts";

/** Where the process of a case dies: with the n-th commit that holds a record of a journal. `heard`: once all that follows from it at once has happened; otherwise the engine never learns that it is durable. */
export interface CrashPoint {
  readonly commit: number;
  readonly heard: boolean;
}

/** What the observer of a store is told. */
export interface CommitWatch {
  /** Whether the process that owns the store still lives. */
  alive(): boolean;
  /** A batch is durable and the engine does not know yet. */
  durable(batch: readonly Write[]): void;
}

/** A store whose commits are seen when they are durable, before the engine hears of them; the dead hear nothing. */
export function watchedStore(store: Store, watch: CommitWatch): Store {
  const commit = async (batch: readonly Write[]): Promise<void> => {
    try {
      await store.commit(batch);
      if (watch.alive()) watch.durable(batch);
    } catch (error) {
      if (watch.alive() || !(error instanceof CommitConflict)) throw error;
    }
    if (!watch.alive()) await new Promise(() => undefined);
  };
  const { resources, definitions, runs, journal, timers, subscriptions, records } = store;
  const readers = { resources, definitions, runs, journal, timers, subscriptions, records };
  return { ...readers, commit, health: () => store.health(), close: () => store.close() };
}
