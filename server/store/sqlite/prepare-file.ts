import { closeSync, mkdirSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { connect } from "./connect.ts";
import type { SqliteModule } from "./database.ts";
import { explainOpenError } from "./explain-open-error.ts";
import { lockPath } from "./lock-file.ts";
import { migrate } from "./migrate.ts";
import type { Migration } from "./migrations/migration.ts";
import { placeNewFile, removeAbandonedDrafts } from "./place-new-file.ts";
import { StoreOpenError } from "./store-open-error.ts";

interface NewFileOptions {
  readonly path: string;
  readonly programVersion: string;
  readonly mustExist?: boolean;
}

/** Sees that there is a file that may be ours, making a new one where there is none. */
export function prepareFile(
  sqlite: SqliteModule,
  { path, programVersion, mustExist }: NewFileOptions,
  steps: readonly Migration[],
): void {
  let size: number | undefined;
  let logSize: number | undefined;
  try {
    size = statSync(path, { throwIfNoEntry: false })?.size;
    logSize = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size;
  } catch (error) {
    throw explainOpenError(error, path);
  }
  if (size === 0) {
    // A new database gets its name only when it is complete, so an empty file is what is left of one.
    throw new StoreOpenError("empty", path, "the file is empty", "restore a backup, or delete it to begin anew");
  }
  if (size !== undefined) {
    if (logSize === undefined) refuseWithoutLog(path);
    removeAbandonedDrafts(path);
    return;
  }
  if (mustExist === true)
    throw new StoreOpenError("missing", path, "there is no such file", "check the data directory");
  if (logSize !== undefined && logSize > 0) {
    const remedy = `restore the database, or delete "${path}-wal" to begin anew`;
    throw new StoreOpenError("orphanedLog", path, "the file is gone but its write-ahead log is there", remedy);
  }
  try {
    create(sqlite, path, programVersion, steps);
  } catch (error) {
    throw explainOpenError(error, path);
  }
}

/** Where a file says that its log is in use: 2 in these bytes of the header, 1 once it was closed (sqlite.org/fileformat.html). */
const WRITE_VERSION_OFFSET = 18;

/**
 * Refuses a file whose log was taken away. A process that closes the file takes its lock file first and then the log out of use; so a lock file beside a file whose log is in use says that the
 * process was killed, and its last commits are in the log. SQLite would go on without them and say nothing.
 */
function refuseWithoutLog(path: string): void {
  if (statSync(lockPath(path), { throwIfNoEntry: false }) === undefined) return;
  const versions = Buffer.alloc(2);
  try {
    const descriptor = openSync(path, "r");
    try {
      readSync(descriptor, versions, 0, versions.length, WRITE_VERSION_OFFSET);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw explainOpenError(error, path);
  }
  if (versions.readUInt8(0) !== 2) return;
  const remedy = `put "${path}-wal" back or restore a backup; without them, delete "${lockPath(path)}" to go on with what is left`;
  throw new StoreOpenError("missingLog", path, "its write-ahead log is gone, and acknowledged writes with it", remedy);
}

/** Makes a new database, which has its name only when it is complete, unless another process was faster. */
function create(sqlite: SqliteModule, path: string, programVersion: string, steps: readonly Migration[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  removeAbandonedDrafts(path);
  placeNewFile(path, (draft) => {
    try {
      const connection = connect(sqlite, draft, steps.length);
      try {
        migrate(connection, programVersion, steps);
      } finally {
        connection.close();
      }
      // Closing does not fail where the log cannot be emptied: for a database that is there the log stays beside it. A new one would get its name without what is in the log.
      if (statSync(`${draft}-wal`, { throwIfNoEntry: false }) !== undefined) {
        throw new StoreOpenError("failed", path, "it could not be written whole", "check the disk and its free space");
      }
    } finally {
      rmSync(`${draft}-wal`, { force: true });
    }
  });
}
