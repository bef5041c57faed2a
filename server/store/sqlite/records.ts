import type { RecordReader, RecordRow } from "../ports.ts";
import { prefixEnd } from "../text-order.ts";
import type { Connection, SqlRow } from "./database.ts";

/** Small records in SQLite. */
export class SqliteRecords implements RecordReader {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async get(space: string, key: string): Promise<string | undefined> {
    const row = this.#connection.sql("select value from records where space = ? and key = ?").get(space, key);
    return this.#connection.durable(row?.["value"] as string | undefined, "records");
  }

  async list(space: string, prefix = ""): Promise<readonly RecordRow[]> {
    const end = prefixEnd(prefix);
    const rows =
      end === undefined
        ? this.#connection.sql("select * from records where space = ? and key >= ? order by key").all(space, prefix)
        : this.#connection
            .sql("select * from records where space = ? and key >= ? and key < ? order by key")
            .all(space, prefix, end);
    return this.#connection.durable(rows.map(fromRow), "records");
  }

  async keys(space: string): Promise<readonly string[]> {
    const rows = this.#connection.sql("select key from records where space = ? order by key").all(space);
    return this.#connection.durable(
      rows.map((row) => row["key"] as string),
      "records",
    );
  }

  /** Writes a record. */
  put(row: RecordRow): void {
    this.#connection
      .sql("insert into records values (?, ?, ?) on conflict do update set value = excluded.value")
      .run(row.space, row.key, row.value);
  }

  /** Removes a record. */
  delete(space: string, key: string): void {
    this.#connection.sql("delete from records where space = ? and key = ?").run(space, key);
  }
}

function fromRow(row: SqlRow): RecordRow {
  return { space: row["space"] as string, key: row["key"] as string, value: row["value"] as string };
}
