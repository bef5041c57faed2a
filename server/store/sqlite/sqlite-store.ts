import type { Store, StoreHealth, Write } from "../ports.ts";
import type { Backup } from "./backup.ts";
import { BackupRefused } from "./backup-refused.ts";
import { releaseBallast } from "./ballast.ts";
import type { Connection } from "./database.ts";
import { type CommitFigures, type CommitMeter, GroupCommit, type GroupCommitOptions } from "./group-commit.ts";
import { type StoreInspection, inspect } from "./inspect.ts";
import type { LogFile } from "./log-file.ts";
import { SqliteTables } from "./tables.ts";
import { type JournalChecks, type JournalVerification, type Verification, verify } from "./verify.ts";

/** The parts of an open database. */
interface SqliteStoreParts {
  readonly connection: Connection;
  readonly path: string;
  readonly limits: Pick<GroupCommitOptions, "queuedWritesMax" | "transactionWritesMax" | "transactionMs" | "isHeld">;
  /** Absent for a database without a file. */
  readonly backup?: Backup;
  /** The log that commits flush; absent where SQLite is to flush by itself. */
  readonly log?: Pick<LogFile, "flush" | "flushNow" | "close">;
  readonly measured?: CommitMeter;
  /** Throws when the open files are no longer the ones at their paths. */
  checkFile(): void;
  /** Called once all is durable, right before the database is closed. */
  released(): void;
}

/** A store in a SQLite file, with what operators need besides: backup, verification, figures. Made by `openSqliteStore`. */
export class SqliteStore implements Store {
  readonly #parts: SqliteStoreParts;
  readonly #tables: SqliteTables;
  readonly #commits: GroupCommit;
  #closed = false;

  constructor(parts: SqliteStoreParts) {
    this.#parts = parts;
    this.#tables = new SqliteTables(parts.connection);
    this.#commits = new GroupCommit(parts.connection, this.#tables, {
      ...parts.limits,
      ...(parts.log === undefined ? {} : { log: parts.log }),
      ...(parts.measured === undefined ? {} : { measured: parts.measured }),
      checkFile: () => parts.checkFile(),
    });
  }

  get resources(): Store["resources"] {
    return this.#tables.resources;
  }

  get definitions(): Store["definitions"] {
    return this.#tables.definitions;
  }

  get runs(): Store["runs"] {
    return this.#tables.runs;
  }

  get journal(): Store["journal"] {
    return this.#tables.journal;
  }

  get timers(): Store["timers"] {
    return this.#tables.timers;
  }

  get subscriptions(): Store["subscriptions"] {
    return this.#tables.subscriptions;
  }

  get records(): Store["records"] {
    return this.#tables.records;
  }

  commit(batch: readonly Write[]): Promise<void> {
    return this.#commits.commit(batch);
  }

  /** Looks at the files too, so that a deleted database is noticed while nothing is written. */
  async health(): Promise<StoreHealth> {
    if (this.#closed) return { healthy: false, description: "the store is closed", details: {} };
    try {
      this.#parts.checkFile();
    } catch (error) {
      this.#commits.fail(error instanceof Error ? error.message : String(error));
    }
    const figures = this.figures();
    const problem =
      figures.failure ?? (figures.diskFull ? "the disk is full: reads go on, writes are refused" : undefined);
    return {
      healthy: problem === undefined,
      description: problem ?? "the store takes writes",
      details: { ...this.inspect(), ...figures },
    };
  }

  /** Writes what is queued, and closes the file with an empty log. The file of a store that has failed is left alone until the process ends. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#parts.backup?.settled();
    await this.#commits.close();
    this.#parts.log?.close();
    if (this.figures().failure !== undefined) return;
    // First: what is durable needs no guard, and a lock file beside a file without log means a loss (see prepare-file.ts).
    this.#parts.released();
    this.#parts.connection.close();
    await this.#parts.backup?.close();
  }

  /** Figures of the commits so far. */
  figures(): CommitFigures {
    return this.#commits.figures();
  }

  /** Sizes, free space and schema version. */
  inspect(): StoreInspection {
    return inspect(this.#parts.connection, this.#parts.path);
  }

  /** Copies the database to a new file while it is used; file and journals are checked before it gets its name. Rejects with BackupRefused, or as the file system does. */
  async backup(target: string, checks: JournalChecks): Promise<JournalVerification> {
    if (this.#parts.backup === undefined) throw new BackupRefused("noFile", target, "the database has no file");
    return this.#parts.backup.copyTo(target, checks);
  }

  /** Checks file, checksums and hash chains. */
  verify(checks: JournalChecks): Promise<Verification> {
    return verify(this.#parts.connection, this.#tables, checks);
  }

  /** Gives up the space held back, so that deletions can be written on a full disk; tells how many bytes. */
  releaseBallast(): number {
    return releaseBallast(this.#parts.path);
  }
}
