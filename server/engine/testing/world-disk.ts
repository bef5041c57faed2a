import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createMemoryStore, type MemoryStore } from "../../store/memory/memory-store.ts";
import type { Store } from "../../store/ports.ts";
import { openSqliteStore } from "../../store/sqlite/open-sqlite-store.ts";

/** What a world's processes write to, one after the other. */
export interface WorldDisk<Opened extends Store = Store> {
  /** Opens the store of the first process. `schedule` is how a store without time of its own gets on. */
  open(schedule: (step: () => void, delayMs: number) => void): Promise<Opened>;
  /** Ends the store as the death of its process would, and opens what the next process finds. */
  crash(before: Opened): Promise<Opened>;
  /** Resolves when nothing is on its way to the disk. */
  idle(): Promise<void>;
}

/** A disk in memory. */
export const memoryDisk: WorldDisk<MemoryStore> = {
  open: async (schedule) => createMemoryStore({ schedule }),
  crash: async (before) => before.crash(),
  idle: async () => undefined,
};

/** A real file. The next process gets a copy of the files as they are at the moment of the crash, as it would after SIGKILL. Call `remove` at the end. */
export class SqliteDisk implements WorldDisk {
  readonly #folders: string[] = [];
  readonly #dead: Store[] = [];
  #process = { alive: true, underWay: 0 };

  async open(): Promise<Store> {
    const folder = mkdtempSync(join(tmpdir(), "stigmer-engine-"));
    const last = this.#folders.at(-1);
    this.#folders.push(folder);
    if (last !== undefined) {
      for (const file of ["data.db", "data.db-wal"])
        if (existsSync(join(last, file))) cpSync(join(last, file), join(folder, file));
    }
    const store = await openSqliteStore({ path: join(folder, "data.db"), programVersion: "test" });
    this.#dead.push(store);
    this.#process = { alive: true, underWay: 0 };
    return this.#mortal(store, this.#process);
  }

  crash(): Promise<Store> {
    this.#process.alive = false;
    return this.open();
  }

  async idle(): Promise<void> {
    while (this.#process.underWay > 0) await nextTurn();
  }

  /** Closes every store and removes the files. */
  async remove(): Promise<void> {
    for (const store of this.#dead) await store.close();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  /** The dead write nothing any more and hear nothing. */
  #mortal(store: Store, process: { alive: boolean; underWay: number }): Store {
    const { resources, definitions, runs, journal, timers, subscriptions, records } = store;
    const commit = async (batch: Parameters<Store["commit"]>[0]): Promise<void> => {
      if (!process.alive) return new Promise(() => undefined);
      process.underWay++;
      try {
        await store.commit(batch);
      } finally {
        process.underWay--;
        if (!process.alive) await new Promise(() => undefined);
      }
    };
    const readers = { resources, definitions, runs, journal, timers, subscriptions, records };
    return { ...readers, commit, health: () => store.health(), close: () => store.close() };
  }
}
