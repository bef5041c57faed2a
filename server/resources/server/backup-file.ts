import { mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { journalChecks } from "../../engine/embedded/journal-checks.ts";
import { ApiError } from "../../errors/api-error.ts";
import type { ErrorReason } from "../../errors/catalogue.ts";
import { BackupRefused } from "../../store/sqlite/backup-refused.ts";
import type { SqliteStore } from "../../store/sqlite/sqlite-store.ts";
import type { BackupReport } from "../ports.ts";

/** What backups are made of. */
export interface BackupSource {
  readonly store: SqliteStore;
  /** The data directory, in whose `backups` a backup without a name goes. */
  readonly dataPath: string;
  /** Epoch ms. */
  nowMs(): number;
}

/** Writes a verified copy of the database to a file that must not exist; an empty path stands for a name made from the time. Rejects with an ApiError on a path that cannot be used. */
export async function backupToFile({ store, dataPath, nowMs }: BackupSource, given: string): Promise<BackupReport> {
  const startedMs = nowMs();
  const target = given === "" ? nameFromTime(dataPath, startedMs) : path.resolve(given);
  try {
    if (given === "") mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
    const { runs, records } = await store.backup(target, journalChecks);
    return {
      path: target,
      sizeBytes: statSync(target).size,
      executions: runs,
      recordsVerified: records,
      durationMs: nowMs() - startedMs,
    };
  } catch (error) {
    throw refusal(error, target);
  }
}

/** `<data>/backups/stigmer-20261123T125500.250Z.db` */
function nameFromTime(dataPath: string, atMs: number): string {
  const time = new Date(atMs).toISOString().replaceAll(/[-:]/gu, "");
  return path.join(dataPath, "backups", `stigmer-${time}.db`);
}

const REASONS: { readonly [reason in BackupRefused["reason"]]: ErrorReason } = {
  exists: "RESOURCE_EXISTS",
  busy: "RESOURCE_IN_USE",
  damaged: "DATA_CORRUPT",
  noFile: "FEATURE_UNSUPPORTED",
};

function refusal(error: unknown, target: string): unknown {
  if (error instanceof BackupRefused) return new ApiError(REASONS[error.reason], error.message, { cause: error });
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new ApiError("DISK_FULL", `Cannot back up to "${target}": the disk is full`, { cause: error });
  const description = `cannot be written (${code}), should be a new file in a directory that the server may write to`;
  return new ApiError("PATH_INVALID", `path: "${target}" ${description}`, {
    violations: [{ field: "path", description }],
    cause: error,
  });
}
