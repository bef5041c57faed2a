import { rmSync } from "node:fs";
import { ensureBallast } from "./ballast.ts";
import { Backup } from "./backup.ts";
import { connect } from "./connect.ts";
import { Connection, loadSqlite } from "./database.ts";
import { explainOpenError, lockedError } from "./explain-open-error.ts";
import { FileWatch } from "./file-identity.ts";
import type { CommitMeter } from "./group-commit.ts";
import { LogFile } from "./log-file.ts";
import { lockHolder, removeLock, writeLock } from "./lock-file.ts";
import { migrate, schemaVersion } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";
import { prepareFile } from "./prepare-file.ts";
import { SqliteStore } from "./sqlite-store.ts";

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
  /** While it says yes no transaction begins: for moments in which something else is to come first. */
  readonly isHeld?: () => boolean;
  /** Called for each transaction that is durable. */
  readonly measured?: CommitMeter;
  /** The schema to bring the file to: that of this program unless given. */
  readonly migrations?: readonly Migration[];
  /** Space held back beside the file, to be given up by hand when the disk is full. None unless given. */
  readonly ballastBytes?: number;
}

/** Opens a database for this process alone, migrating it first if it is older. Throws StoreOpenError. */
export async function openSqliteStore(options: OpenSqliteOptions): Promise<SqliteStore> {
  const { path, programVersion, migrations: steps = migrations } = options;
  const sqlite = await loadSqlite();
  const measured = options.measured === undefined ? {} : { measured: options.measured };
  const limits = {
    queuedWritesMax: options.queuedWritesMax ?? 100_000,
    transactionWritesMax: 10_000,
    transactionMs: 10,
    ...(options.isHeld === undefined ? {} : { isHeld: options.isHeld }),
  };
  if (path === ":memory:") {
    const connection = new Connection(new sqlite.DatabaseSync(path, { enableForeignKeyConstraints: false }));
    migrate(connection, programVersion, steps);
    return new SqliteStore({
      connection,
      path,
      limits,
      ...measured,
      checkFile: () => undefined,
      released: () => undefined,
    });
  }
  refuseHeld(path);
  prepareFile(sqlite, options, steps);
  const connection = connect(sqlite, path, steps.length);
  const backup = new Backup(connection, path);
  let log: LogFile;
  try {
    await upgrade(connection, backup, path, programVersion, steps);
    testCommit(connection, programVersion);
    writeLock(path);
    if (options.ballastBytes !== undefined) ensureBallast(path, options.ballastBytes);
    log = new LogFile(path);
    // From here on each flush is ours.
    connection.database.exec("pragma synchronous = normal");
  } catch (error) {
    connection.close();
    await backup.close();
    throw explainOpenError(error, path);
  }
  const watch = new FileWatch([path, `${path}-wal`]);
  return new SqliteStore({
    connection,
    path,
    limits,
    backup,
    log,
    ...measured,
    checkFile: () => watch.check(),
    released: () => removeLock(path),
  });
}

/** Refuses a database that another living process holds, also when its file was deleted and SQLite would see no lock. */
function refuseHeld(path: string): void {
  const holder = lockHolder(path);
  if (holder?.certain === true) throw lockedError(path, holder.pid);
}

/** Brings an older database up to date, after a copy of it was made. */
async function upgrade(
  connection: Connection,
  backup: Backup,
  path: string,
  programVersion: string,
  steps: readonly Migration[],
): Promise<void> {
  const version = schemaVersion(connection);
  if (version === steps.length) return;
  const copy = `${path}.schema-${version}`;
  rmSync(copy, { force: true });
  await backup.copyTo(copy);
  migrate(connection, programVersion, steps);
}

/** Proves that the file can be written before anybody relies on it; it also makes the log, so that its identity can be watched. */
function testCommit(connection: Connection, programVersion: string): void {
  connection.database
    .prepare("insert into meta values ('written_by', ?) on conflict do update set value = excluded.value")
    .run(programVersion);
}
