/** A backup that was not made or cannot be used; the text names the file and says what is wrong. */
export class BackupRefused extends Error {
  override readonly name = "BackupRefused";
  readonly reason: "exists" | "busy" | "damaged" | "noFile";

  constructor(reason: "exists" | "busy" | "damaged" | "noFile", path: string, what: string) {
    super(`Cannot use "${path}" as a backup: ${what}`);
    this.reason = reason;
  }
}
