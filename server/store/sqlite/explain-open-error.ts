import { sqliteCode, sqliteErrorCode, sqliteMessage } from "./database.ts";
import { lockHolder } from "./lock-file.ts";
import { StoreOpenError } from "./store-open-error.ts";

/** What an error means for the person who starts the server. */
export function explainOpenError(error: unknown, path: string): Error {
  if (error instanceof StoreOpenError || !(error instanceof Error)) return error as Error;
  switch (sqliteErrorCode(error)) {
    case sqliteCode.busy:
      return lockedError(path, lockHolder(path)?.pid);
    case sqliteCode.notADatabase:
    case sqliteCode.corrupt: {
      const remedy = "restore a backup, or move it away to begin anew";
      return new StoreOpenError(
        "notADatabase",
        path,
        `its content is not that of a database (${sqliteMessage(error)})`,
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

/** The error for a database that a process has open. */
export function lockedError(path: string, pid: number | undefined): StoreOpenError {
  const who = pid === undefined ? "another process" : `process ${pid}`;
  return new StoreOpenError("locked", path, `${who} has it open`, "stop that process or use another data directory");
}
