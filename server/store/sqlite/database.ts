import { StoreDamaged } from "../ports.ts";
import type { ReadSubject } from "./write-subject.ts";

/*
 * The one door to SQLite: the API of `node:sqlite`, from Node itself where it has it, else from a package with the same API and the library inside (no compiler, no download).
 */

/** What SQLite stores. Integers beyond 2^53 are never stored, so plain numbers do. */
export type SqlValue = null | number | string | Uint8Array;

/** A row by column name. */
export type SqlRow = { readonly [column: string]: SqlValue };

/** A prepared statement. */
export interface SqliteStatement {
  run(...parameters: SqlValue[]): { readonly changes: number | bigint };
  get(...parameters: SqlValue[]): SqlRow | undefined;
  all(...parameters: SqlValue[]): SqlRow[];
}

/** An open database. */
export interface SqliteDatabase {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** What both drivers offer. */
export interface SqliteModule {
  readonly DatabaseSync: new (
    path: string,
    options?: { readonly readOnly?: boolean; readonly enableForeignKeyConstraints?: boolean },
  ) => SqliteDatabase;
}

/** SQLite of this process. */
export async function loadSqlite(): Promise<SqliteModule> {
  const builtIn = process.getBuiltinModule?.("node:sqlite") as SqliteModule | undefined;
  return builtIn ?? import("@photostructure/sqlite");
}

/** Primary result codes of SQLite that we act on (sqlite.org/rescode.html). */
export const sqliteCode = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
};

/** The primary result code of an error thrown by SQLite; undefined for any other error. */
export function sqliteErrorCode(error: unknown): number | undefined {
  if (error instanceof StoreDamaged) return sqliteErrorCode(error.cause);
  if (!(error instanceof Error) || !("code" in error || "errcode" in error)) return undefined;
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode & 0xff;
  // One driver gives only the text when reading several rows fails.
  return "code" in error && error.code === "ERR_SQLITE_ERROR" ? codeOfText.get(error.message) : undefined;
}

/** The texts SQLite has for the codes by which a database, and not a statement, is to blame. */
const codeOfText: ReadonlyMap<string, number> = new Map([
  ["disk I/O error", sqliteCode.ioError],
  ["database disk image is malformed", sqliteCode.corrupt],
  ["database or disk is full", sqliteCode.full],
  ["file is not a database", sqliteCode.notADatabase],
]);

/** What SQLite itself said of an error. */
export function sqliteMessage(error: unknown): string {
  const said = error instanceof StoreDamaged ? error.cause : error;
  return said instanceof Error ? said.message : String(said);
}

/** A statement whose reads say StoreDamaged where SQLite finds the file damaged: callers are to be told that, and not that the server failed. */
class ReadingStatement implements SqliteStatement {
  readonly #statement: SqliteStatement;

  constructor(statement: SqliteStatement) {
    this.#statement = statement;
  }

  run(...parameters: SqlValue[]): { readonly changes: number | bigint } {
    return this.#statement.run(...parameters);
  }

  get(...parameters: SqlValue[]): SqlRow | undefined {
    try {
      return this.#statement.get(...parameters);
    } catch (error) {
      throw damageOr(error);
    }
  }

  all(...parameters: SqlValue[]): SqlRow[] {
    try {
      return this.#statement.all(...parameters);
    } catch (error) {
      throw damageOr(error);
    }
  }
}

function damageOr(error: unknown): unknown {
  const code = sqliteErrorCode(error);
  const isDamage = code === sqliteCode.corrupt || code === sqliteCode.notADatabase;
  return isDamage && error instanceof Error && !(error instanceof StoreDamaged) ? new StoreDamaged(error) : error;
}

/** Writes that are committed and not yet durable. */
export interface UnflushedWrites {
  /** Rejects when they cannot be made durable. */
  readonly flushed: Promise<void>;
  readonly concern: (subject: ReadSubject) => boolean;
}

/** A database and its prepared statements. It holds the database itself: one driver closes a database that only its statements refer to. */
export class Connection {
  readonly database: SqliteDatabase;
  readonly #statements = new Map<string, SqliteStatement>();
  #flushing: UnflushedWrites | undefined;

  constructor(database: SqliteDatabase) {
    this.database = database;
  }

  /** The statement of an SQL text, prepared once. Texts come from code only, so their number is bounded. */
  sql(text: string): SqliteStatement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = new ReadingStatement(this.#prepare(text));
      this.#statements.set(text, statement);
    }
    return statement;
  }

  /** Holds what is read back until the writes are flushed, and for good when that fails: what was committed is there to be read before it is durable. */
  holdReads(writes: UnflushedWrites): void {
    this.#flushing = writes;
    const release = (): void => {
      this.#flushing = undefined;
    };
    writes.flushed.then(release, () => undefined);
  }

  /**
   * What a read found, once all that it may rest on is durable. A read of some subjects waits for writes to those only; one without, such as a list or a look-up that found nothing, for all.
   * Rejects with StoreUnavailable when that cannot be had.
   */
  durable<Value>(found: Value, ...subjects: readonly ReadSubject[]): Value | Promise<Value> {
    if (this.#flushing === undefined) return found;
    const { concern, flushed } = this.#flushing;
    return subjects.length === 0 || subjects.some(concern) ? flushed.then(() => found) : found;
  }

  #prepare(text: string): SqliteStatement {
    try {
      return this.database.prepare(text);
    } catch (error) {
      throw damageOr(error);
    }
  }

  /**
   * Closes the database, its log written into the file. One driver leaves statements, and with them the lock, until they are collected as garbage; so the lock is given up by hand,
   * which SQLite allows once the file is out of WAL mode.
   */
  close(): void {
    this.#statements.clear();
    try {
      this.database.exec("pragma journal_mode = delete; pragma locking_mode = normal; select 1 from sqlite_schema");
    } catch {
      // No room for it: the next start reads the log.
    }
    this.database.close();
  }

  /** Gives the file up as it is: it may be another program's. */
  abandon(): void {
    try {
      this.database.exec("pragma locking_mode = normal; select 1 from sqlite_schema");
    } catch {
      // Nothing could be read, so nothing was locked.
    }
    this.database.close();
  }

  /** One number from a query without parameters, such as a pragma. */
  number(text: string): number {
    const row = this.database.prepare(text).get();
    return Number(row === undefined ? 0 : Object.values(row)[0]);
  }
}
