import type { Connection } from "./database.ts";

/** Large values in SQLite, by digest. */
export class SqliteBlobs {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The value of a digest. */
  get(digest: string): Uint8Array | undefined {
    return this.#connection.sql("select data from blobs where digest = ?").get(digest)?.["data"] as
      | Uint8Array
      | undefined;
  }

  /** Stores a value; equal digests are equal values, so a second one changes nothing. */
  put(digest: string, data: Uint8Array): void {
    this.#connection.sql("insert or ignore into blobs values (?, ?)").run(digest, data);
  }
}
