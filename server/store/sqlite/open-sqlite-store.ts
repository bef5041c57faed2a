import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { ensureBallast } from "./ballast.ts";
import { copyDatabase } from "./backup.ts";
import { Connection, type SqliteModule, loadSqlite, sqliteCode, sqliteErrorCode } from "./database.ts";
import { FileWatch } from "./file-identity.ts";
import { lockHolder, removeLock, writeLock } from "./lock-file.ts";
import { APPLICATION_ID, migrate, schemaVersion } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { StoreOpenError } from "./store-open-error.ts";

/** How to open a database. */
export interface OpenSqliteOptions {
  /** The file, made when it is not there; `:memory:` for a database without one. */
  readonly path: string;
  /** The version of the program, which the file remembers so that an older program can name the one it needs. */
  readonly programVersion: string;
  /** Refuses to make a new file: for commands that look at an existing one. */
  readonly mustExist?: boolean;
  /** Writes that may wait before commits are refused as overloaded. */
  readonly queuedWritesMax?: number;
  /** The schema to bring the file to: that of this program unless given. */
  readonly migrations?: readonly Migration[];
  /** Space held back beside the file, to be given up by hand when the disk is full. None unless given. */
  readonly ballastBytes?: number;
}

/** Opens a database for this process alone, migrating it first if it is older. Throws StoreOpenError. */
export async function openSqliteStore(options: OpenSqliteOptions): Promise<SqliteStore> {
  const { path } = options;
  const sqlite = await loadSqlite();
  const limits = { queuedWritesMax: options.queuedWritesMax ?? 100_000, transactionWritesMax: 10_000 };
  if (path === ":memory:") {
    const connection = new Connection(new sqlite.DatabaseSync(path, { enableForeignKeyConstraints: false }));
    migrate(connection, options.programVersion);
    return new SqliteStore({ sqlite, connection, path, limits, checkFile: () => undefined, released: () => undefined });
  }
  refuseHeld(path);
  prepareFile(sqlite, options);
  const connection = connect(sqlite, path);
  try {
    await upgrade(sqlite, connection, options);
    testCommit(connection, options.programVersion);
    writeLock(path);
    if (options.ballastBytes !== undefined) ensureBallast(path, options.ballastBytes);
  } catch (error) {
    connection.close();
    throw explain(error, path);
  }
  const watch = new FileWatch([path, `${path}-wal`]);
  return new SqliteStore({
    sqlite,
    connection,
    path,
    limits,
    checkFile: () => watch.check(),
    released: () => removeLock(path),
  });
}

/** Refuses a database that another living process holds, also when its file was deleted and SQLite would see no lock. */
function refuseHeld(path: string): void {
  const holder = lockHolder(path);
  if (holder?.certain === true) throw locked(path, holder.pid);
}

function locked(path: string, pid: number | undefined): StoreOpenError {
  const who = pid === undefined ? "another process" : `process ${pid}`;
  return new StoreOpenError("locked", path, `${who} has it open`, "stop that process or use another data directory");
}

/** Sees that there is a file that may be ours, making a new one where there is none. */
function prepareFile(sqlite: SqliteModule, { path, programVersion, mustExist }: OpenSqliteOptions): void {
  let size: number | undefined;
  let logSize: number;
  try {
    size = statSync(path, { throwIfNoEntry: false })?.size;
    logSize = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  } catch (error) {
    throw explain(error, path);
  }
  if (size === 0) {
    // A new database gets its name only when it is complete, so an empty file is what is left of one.
    throw new StoreOpenError("empty", path, "the file is empty", "restore a backup, or delete it to begin anew");
  }
  if (size !== undefined) return;
  if (mustExist === true)
    throw new StoreOpenError("missing", path, "there is no such file", "check the data directory");
  if (logSize > 0) {
    const remedy = `restore the database, or delete "${path}-wal" to begin anew`;
    throw new StoreOpenError("orphanedLog", path, "the file is gone but its write-ahead log is there", remedy);
  }
  try {
    create(sqlite, path, programVersion);
  } catch (error) {
    throw explain(error, path);
  }
}

/** Makes a new database under another name and gives it its own when it is complete, unless another process was faster. */
function create(sqlite: SqliteModule, path: string, programVersion: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new-${process.pid}`;
  rmSync(draft, { force: true });
  try {
    const connection = connect(sqlite, draft);
    try {
      migrate(connection, programVersion);
    } finally {
      connection.close();
    }
    linkSync(draft, path);
    syncDirectory(dirname(path));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(draft, { force: true });
    rmSync(`${draft}-wal`, { force: true });
  }
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function connect(sqlite: SqliteModule, path: string): Connection {
  let connection: Connection | undefined;
  try {
    connection = new Connection(new sqlite.DatabaseSync(path, { enableForeignKeyConstraints: false }));
    // Exclusive from the first access on: no second process, and no shared memory file. Read before anything is changed, in case the file is not ours.
    connection.database.exec("pragma locking_mode = exclusive");
    refuseForeign(connection, path);
    connection.database.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma fullfsync = on;
      pragma checkpoint_fullfsync = on;
      pragma temp_store = memory;
      pragma cache_size = -32768;
      pragma journal_size_limit = 67108864;
    `);
    connection.database.exec("begin immediate; commit");
    return connection;
  } catch (error) {
    // Left as it is: it may be another program's.
    connection?.database.close();
    throw explain(error, path);
  }
}

function refuseForeign(connection: Connection, path: string): void {
  const version = schemaVersion(connection);
  const application = connection.number("pragma application_id");
  const tables = connection.number("select count(*) from sqlite_schema");
  if (tables > 0 && application !== APPLICATION_ID) {
    throw new StoreOpenError("foreign", path, "it is a database of another program", "use another data directory");
  }
  if (version > SCHEMA_VERSION) {
    const writer = connection.database.prepare("select value from meta where key = 'written_by'").get()?.["value"];
    const remedy = `use version ${writer ?? "that wrote it"} or newer, or restore a backup from before the upgrade`;
    throw new StoreOpenError(
      "newer",
      path,
      `its schema ${version} is newer than ${SCHEMA_VERSION}, which this version knows`,
      remedy,
    );
  }
}

/** Brings an older database up to date, after a copy of it was made. */
async function upgrade(
  sqlite: SqliteModule,
  connection: Connection,
  { path, programVersion }: OpenSqliteOptions,
): Promise<void> {
  const version = schemaVersion(connection);
  if (version === SCHEMA_VERSION) return;
  const backup = `${path}.schema-${version}`;
  rmSync(backup, { force: true });
  await copyDatabase(sqlite, connection, backup);
  migrate(connection, programVersion);
}

/** Proves that the file can be written before anybody relies on it; it also makes the log, so that its identity can be watched. */
function testCommit(connection: Connection, programVersion: string): void {
  connection.database
    .prepare("insert into meta values ('written_by', ?) on conflict do update set value = excluded.value")
    .run(programVersion);
}

/** What an error means for the person who starts the server. */
function explain(error: unknown, path: string): Error {
  if (error instanceof StoreOpenError || !(error instanceof Error)) return error as Error;
  switch (sqliteErrorCode(error)) {
    case sqliteCode.busy:
      return locked(path, lockHolder(path)?.pid);
    case sqliteCode.notADatabase:
    case sqliteCode.corrupt: {
      const remedy = "restore a backup, or move it away to begin anew";
      return new StoreOpenError(
        "notADatabase",
        path,
        `its content is not that of a database (${error.message})`,
        remedy,
      );
    }
    case sqliteCode.readOnly:
    case sqliteCode.cannotOpen:
      return notWritable(path, error.message);
    case sqliteCode.full:
      return new StoreOpenError("diskFull", path, "the disk is full", "free some space");
    case undefined:
      if (!("code" in error)) return error;
      return error.code === "ENOSPC"
        ? new StoreOpenError("diskFull", path, "the disk is full", "free some space")
        : notWritable(path, error.message);
    default:
      return new StoreOpenError("failed", path, error.message, "check the disk and restore a backup if need be");
  }
}

function notWritable(path: string, cause: string): StoreOpenError {
  return new StoreOpenError(
    "notWritable",
    path,
    `it cannot be written (${cause})`,
    "check path, owner and permissions",
  );
}
