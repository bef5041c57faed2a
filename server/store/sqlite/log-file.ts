import { closeSync, fdatasync, fdatasyncSync, openSync } from "node:fs";

/**
 * The write-ahead log of an open database, to be flushed by us: SQLite's own flush holds the thread, and with it everybody, for as long as the disk takes. The log stays one file while the
 * database is open, and a flush through any descriptor is one of the file (on macOS through to the medium). SQLite still flushes by itself whatever moves from the log to the database.
 */
export class LogFile {
  readonly #descriptor: number;

  /** Opens the log of a database, which must be there. Throws as the file system does. */
  constructor(databasePath: string) {
    this.#descriptor = openSync(`${databasePath}-wal`, "r+");
  }

  /** Flushes what was written so far, beside other work. Rejects as the file system does; then nobody knows what the disk holds. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#descriptor, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** The same on this thread: sooner done, where nothing else wants it. */
  flushNow(): void {
    fdatasyncSync(this.#descriptor);
  }

  /** Gives the file up. */
  close(): void {
    closeSync(this.#descriptor);
  }
}
