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

  /** Stores a value of a run; equal digests are equal values, so a second one is the first. */
  put(run: number, digest: string, data: Uint8Array): void {
    this.#connection.sql("insert or ignore into blobs values (?, ?)").run(digest, data);
    this.#connection.sql("insert or ignore into blob_uses values (?, ?)").run(run, digest);
  }

  /** Removes what only this run has. */
  deleteRun(run: number): void {
    this.#connection
      .sql(
        `delete from blobs where digest in (
          select digest from blob_uses mine where run = ?
          and not exists (select 1 from blob_uses others where others.digest = mine.digest and others.run <> mine.run)
        )`,
      )
      .run(run);
    this.#connection.sql("delete from blob_uses where run = ?").run(run);
  }
}
