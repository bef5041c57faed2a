import { existsSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { BackupRefused } from "./backup-refused.ts";
import { checkCopy } from "./check-copy.ts";
import type { Connection } from "./database.ts";
import { schemaVersion } from "./migrate.ts";
import { syncDirectory } from "./sync-directory.ts";
import { type JournalChecks, type JournalVerification } from "./verify.ts";
import { verifyCopy } from "./verify-copy.ts";

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
  #running: Promise<unknown> | undefined;

  constructor(connection: Connection, path: string) {
    this.#connection = connection;
    this.#path = path;
  }

  /**
   * Makes a backup in a new file. It gets its name only after it was flushed, opened and checked, with `checks` also every journal, so a file of that name is a whole backup. Rejects with
   * BackupRefused, or as the file system does.
   */
  async copyTo(target: string): Promise<undefined>;
  async copyTo(target: string, checks: JournalChecks): Promise<JournalVerification>;
  async copyTo(target: string, checks?: JournalChecks): Promise<JournalVerification | undefined> {
    if (existsSync(target)) throw new BackupRefused("exists", target, "the file exists, choose another name");
    if (this.#running !== undefined) throw new BackupRefused("busy", target, "another backup is under way, try again");
    const running = this.#copy(target, `${target}.partial`, checks);
    this.#running = running;
    try {
      return await running;
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

  async #copy(
    target: string,
    draft: string,
    checks: JournalChecks | undefined,
  ): Promise<JournalVerification | undefined> {
    try {
      await this.#standingStill(() => this.#copyFile(draft));
      await checkCopy(draft, schemaVersion(this.#connection));
      const verified = checks === undefined ? undefined : await verifyCopy(draft, checks);
      renameSync(draft, target);
      syncDirectory(dirname(target));
      return verified;
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
