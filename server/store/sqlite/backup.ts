import { existsSync, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { Connection, type SqliteModule } from "./database.ts";
import { schemaVersion } from "./migrate.ts";

/** Pages copied before others get a turn: about a millisecond. */
const PAGES_A_SLICE = 256;

/**
 * Copies an open database to a new file while it is used: the copy is the state of one moment, near the end of copying. It gets its name only after it was opened, checked and
 * flushed, so a file of that name is a whole backup. To restore, stop the server and copy the file back to the database's path, deleting a `-wal` beside it.
 */
export async function copyDatabase(sqlite: SqliteModule, source: Connection, target: string): Promise<void> {
  if (existsSync(target)) throw new Error(`Cannot back up to "${target}": the file exists, choose another name`);
  const draft = `${target}.partial`;
  removeDraft(draft);
  try {
    await sqlite.backup(source.database, draft, { rate: PAGES_A_SLICE });
    checkCopy(sqlite, draft, schemaVersion(source));
    await flush(draft);
    renameSync(draft, target);
  } finally {
    removeDraft(draft);
  }
}

function checkCopy(sqlite: SqliteModule, path: string, version: number): void {
  const copy = new Connection(new sqlite.DatabaseSync(path, { enableForeignKeyConstraints: false }));
  try {
    copy.database.exec("pragma locking_mode = exclusive");
    const problems = copy.database
      .prepare("pragma quick_check(1)")
      .all()
      .map((row) => Object.values(row)[0]);
    if (problems[0] !== "ok" || schemaVersion(copy) !== version) {
      throw new Error(`Cannot back up to "${path}": the copy is damaged (${problems.join("; ")}), try again`);
    }
  } finally {
    copy.close();
  }
}

async function flush(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function removeDraft(draft: string): void {
  for (const suffix of ["", "-wal", "-journal"]) rmSync(draft + suffix, { force: true });
}
