import { existsSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { checkCopy } from "./check-copy.ts";
import type { Connection } from "./database.ts";
import { schemaVersion } from "./migrate.ts";

const SLICE_BYTES = 1 << 20;

/** Pages in the log at which SQLite moves them to the file: its own default. */
const CHECKPOINT_PAGES = 1000;

/**
 * Copies an open database while it is used. The log is moved into the file, and then left to grow until the copy is done: so the file stands still at one moment, and can be read
 * in slices beside everything else. Nobody waits longer than for the moving of the log, some ten milliseconds.
 */
export class Backup {
  readonly #connection: Connection;
  readonly #path: string;
  #source: FileHandle | undefined;
  #running: Promise<void> | undefined;

  constructor(connection: Connection, path: string) {
    this.#connection = connection;
    this.#path = path;
  }

  /**
   * Makes a backup in a new file. It gets its name only after it was flushed, opened and checked, so a file of that name is a whole backup. To restore, stop the server and copy
   * the file back to the path of the database, deleting a `-wal` beside it.
   */
  async copyTo(target: string): Promise<void> {
    if (existsSync(target)) throw new Error(`Cannot back up to "${target}": the file exists, choose another name`);
    if (this.#running !== undefined) throw new Error(`Cannot back up to "${target}": another backup is under way`);
    this.#running = this.#copy(target, `${target}.partial`);
    try {
      await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  /** Waits for a backup that is under way. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  /** To be called after the database was closed, not before: a process that closes any descriptor of a file loses all its locks on it. */
  async close(): Promise<void> {
    await this.#source?.close();
  }

  async #copy(target: string, draft: string): Promise<void> {
    try {
      await this.#standingStill(() => this.#copyFile(draft));
      await checkCopy(draft, schemaVersion(this.#connection));
      renameSync(draft, target);
    } finally {
      rmSync(draft, { force: true });
    }
  }

  async #standingStill(copy: () => Promise<void>): Promise<void> {
    this.#connection.database.exec("pragma wal_autocheckpoint = 0; pragma wal_checkpoint(truncate)");
    try {
      await copy();
    } finally {
      this.#connection.database.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    }
  }

  async #copyFile(draft: string): Promise<void> {
    this.#source ??= await open(this.#path, "r");
    const copy = await open(draft, "w", 0o600);
    try {
      const slice = Buffer.alloc(SLICE_BYTES);
      for (let position = 0; ;) {
        const { bytesRead } = await this.#source.read(slice, 0, SLICE_BYTES, position);
        if (bytesRead === 0) break;
        await copy.writeFile(slice.subarray(0, bytesRead));
        position += bytesRead;
      }
      await copy.sync();
    } finally {
      await copy.close();
    }
  }
}
