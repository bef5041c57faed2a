import type { SubscriptionReader, SubscriptionRow } from "../ports.ts";
import type { Connection, SqlRow } from "./database.ts";

/** Event subscriptions in SQLite: rows, and beside them one row for each key they are looked up by. */
export class SqliteSubscriptions implements SubscriptionReader {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async byKeys(
    org: string,
    keys: readonly string[],
    limit: number,
    after?: { readonly run: number; readonly id: number },
  ): Promise<readonly SubscriptionRow[]> {
    const from = after ?? { run: Number.MIN_SAFE_INTEGER, id: 0 };
    // One range a key, merged here: each is read in order from the position on, so that a page costs the same wherever it is.
    const range = this.#connection.sql(
      "select run, id from subscription_keys where org = ? and key = ? and (run, id) > (?, ?) order by run, id limit ?",
    );
    const found = [...new Set(keys)].flatMap((key) => range.all(org, key, from.run, from.id, limit));
    const ordered = found
      .map((row) => [row["run"] as number, row["id"] as number] as const)
      .toSorted(([leftRun, left], [rightRun, right]) => leftRun - rightRun || left - right)
      .filter(([run, id], index, all) => all[index - 1]?.[0] !== run || all[index - 1]?.[1] !== id);
    const rows: SubscriptionRow[] = [];
    for (const [run, id] of ordered.slice(0, limit)) {
      const row = this.#get(run, id);
      if (row !== undefined) rows.push(fromRow(row));
    }
    return this.#connection.durable(rows);
  }

  async byRun(run: number): Promise<readonly SubscriptionRow[]> {
    const rows = this.#connection.sql("select * from subscriptions where run = ? order by id").all(run);
    return this.#connection.durable(rows.map(fromRow), run);
  }

  /** Writes a subscription and its keys, in place of one of the same run and id. */
  put(row: SubscriptionRow): void {
    this.delete(row.run, row.id);
    this.#connection
      .sql("insert into subscriptions values (?, ?, ?, ?, ?)")
      .run(row.run, row.id, row.org, JSON.stringify(row.keys), row.filters);
    const insert = this.#connection.sql("insert or ignore into subscription_keys values (?, ?, ?, ?)");
    for (const key of row.keys) insert.run(row.org, key, row.run, row.id);
  }

  /** Removes a subscription with its keys. */
  delete(run: number, id: number): void {
    const old = this.#get(run, id);
    if (old === undefined) return;
    const { org, keys } = fromRow(old);
    const remove = this.#connection.sql(
      "delete from subscription_keys where org = ? and key = ? and run = ? and id = ?",
    );
    for (const key of keys) remove.run(org, key, run, id);
    this.#connection.sql("delete from subscriptions where run = ? and id = ?").run(run, id);
  }

  /** Removes all subscriptions of a run. */
  deleteRun(run: number): void {
    const ids = this.#connection.sql("select id from subscriptions where run = ?").all(run);
    for (const row of ids) this.delete(run, row["id"] as number);
  }

  #get(run: number, id: number): SqlRow | undefined {
    return this.#connection.sql("select * from subscriptions where run = ? and id = ?").get(run, id);
  }
}

function fromRow(row: SqlRow): SubscriptionRow {
  return {
    run: row["run"] as number,
    id: row["id"] as number,
    org: row["org"] as string,
    keys: JSON.parse(row["keys"] as string) as string[],
    filters: row["filters"] as string,
  };
}
