/** A database file that cannot be opened: one line that names the file, the cause and the remedy. */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
  readonly reason: StoreOpenReason;
  readonly path: string;

  constructor(reason: StoreOpenReason, path: string, cause: string, remedy: string) {
    super(`Cannot open database "${path}": ${cause}; ${remedy}`);
    this.reason = reason;
    this.path = path;
  }
}

/** Why a database file cannot be opened. */
export type StoreOpenReason =
  | "missing"
  | "empty"
  | "notADatabase"
  | "foreign"
  | "newer"
  | "locked"
  | "orphanedLog"
  | "missingLog"
  | "notWritable"
  | "diskFull"
  | "failed";
