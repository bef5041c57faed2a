import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { connect } from "./connect.ts";
import type { SqliteModule } from "./database.ts";
import { explainOpenError } from "./explain-open-error.ts";
import { migrate } from "./migrate.ts";
import type { Migration } from "./migrations/migration.ts";
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
  let logSize: number;
  try {
    size = statSync(path, { throwIfNoEntry: false })?.size;
    logSize = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  } catch (error) {
    throw explainOpenError(error, path);
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
    create(sqlite, path, programVersion, steps);
  } catch (error) {
    throw explainOpenError(error, path);
  }
}

/** Makes a new database under another name and gives it its own when it is complete, unless another process was faster. */
function create(sqlite: SqliteModule, path: string, programVersion: string, steps: readonly Migration[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new-${process.pid}`;
  rmSync(draft, { force: true });
  try {
    const connection = connect(sqlite, draft, steps.length);
    try {
      migrate(connection, programVersion, steps);
    } finally {
      connection.close();
    }
    giveName(draft, path);
    syncDirectory(dirname(path));
  } finally {
    rmSync(draft, { force: true });
    rmSync(`${draft}-wal`, { force: true });
  }
}

function giveName(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") return;
    // A file system without links: renaming does as well but for two processes at the same moment.
    renameSync(draft, path);
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
