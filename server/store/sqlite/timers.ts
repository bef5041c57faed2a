import type { TimerReader, TimerRow } from "../ports.ts";
import type { Connection, SqlRow } from "./database.ts";

/** Timers in SQLite. */
export class SqliteTimers implements TimerReader {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async due(dueAt: number, limit: number, after?: TimerRow): Promise<readonly TimerRow[]> {
    const { dueAt: afterDue, run, id } = after ?? { dueAt: Number.MIN_SAFE_INTEGER, run: 0, id: 0 };
    const rows = this.#connection
      .sql("select * from timers where (due_at, run, id) > (?, ?, ?) and due_at <= ? order by due_at, run, id limit ?")
      .all(afterDue, run, id, dueAt, limit);
    return this.#connection.durable(rows.map(fromRow));
  }

  async count(): Promise<number> {
    const found = this.#connection.sql("select count(*) as n from timers").get();
    return this.#connection.durable(Number(found?.["n"]));
  }

  /** Sets a timer; setting it again changes nothing. */
  put(row: TimerRow): void {
    this.#connection.sql("insert or ignore into timers values (?, ?, ?)").run(row.dueAt, row.run, row.id);
  }

  /** Removes a timer, wherever in the order of due times it is. */
  delete({ dueAt, run, id }: TimerRow): void {
    const { changes } = this.#connection
      .sql("delete from timers where due_at = ? and run = ? and id = ?")
      .run(dueAt, run, id);
    if (Number(changes) === 0) this.#connection.sql("delete from timers where run = ? and id = ?").run(run, id);
  }

  /** Removes all timers of a run. */
  deleteRun(run: number): void {
    this.#connection.sql("delete from timers where run = ?").run(run);
  }
}

function fromRow(row: SqlRow): TimerRow {
  return { dueAt: row["due_at"] as number, run: row["run"] as number, id: row["id"] as number };
}
