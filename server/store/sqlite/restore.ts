import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { BackupRefused } from "./backup-refused.ts";
import { checkCopy } from "./check-copy.ts";
import { connect } from "./connect.ts";
import { loadSqlite, type SqliteModule } from "./database.ts";
import { lockedError } from "./explain-open-error.ts";
import { lockHolder } from "./lock-file.ts";
import { migrations } from "./migrations/index.ts";
import { StoreOpenError } from "./store-open-error.ts";
import { syncDirectory } from "./sync-directory.ts";
import type { JournalChecks, JournalVerification } from "./verify.ts";
import { verifyCopy } from "./verify-copy.ts";

/** What to restore, and where to. */
export interface RestoreOptions {
  readonly backup: string;
  /** The database, whose server is stopped; there may be none. */
  readonly path: string;
  /** Where the database that is there now goes. */
  readonly aside: string;
  readonly checks: JournalChecks;
}

/** What was restored. */
export interface Restored extends JournalVerification {
  /** Where the former database is; undefined when there was none. */
  readonly aside: string | undefined;
}

/**
 * Puts a backup in the place of a database. The backup is copied and checked, file and journals, before anything is touched; the former database keeps another name, and the new one takes its
 * place in one rename, so that a crash leaves one or the other. Rejects with BackupRefused or StoreOpenError.
 */
export async function restoreDatabase({ backup, path, aside, checks }: RestoreOptions): Promise<Restored> {
  if (!existsSync(backup)) throw new BackupRefused("noFile", backup, "there is no such file");
  const holder = lockHolder(path);
  if (holder?.certain === true) throw lockedError(path, holder.pid);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.restored-${process.pid}`;
  try {
    copyFileSync(backup, draft);
    await checkCopy(draft);
    const verified = await verifyCopy(draft, checks);
    flush(draft);
    const isThere = existsSync(path);
    if (isThere) await keepAside(await loadSqlite(), path, aside);
    renameSync(draft, path);
    syncDirectory(dirname(path));
    return { ...verified, aside: isThere ? aside : undefined };
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Gives the database a second name, its log written into it; the log of one that cannot be opened goes along. */
async function keepAside(sqlite: SqliteModule, path: string, aside: string): Promise<void> {
  try {
    connect(sqlite, path, migrations.length).close();
  } catch (error) {
    const isDamaged = error instanceof StoreOpenError && (error.reason === "notADatabase" || error.reason === "failed");
    if (!isDamaged) throw error;
  }
  linkSync(path, aside);
  const log = `${path}-wal`;
  if (existsSync(log)) {
    linkSync(log, `${aside}-wal`);
    rmSync(log);
  }
}

function flush(file: string): void {
  const descriptor = openSync(file, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
