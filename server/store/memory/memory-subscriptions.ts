import type { SubscriptionReader, SubscriptionRow } from "../ports.ts";
import { comparePositions } from "./page.ts";
import { type UndoLog, UndoMap } from "./undo-map.ts";

/** Event subscriptions in memory. */
export class MemorySubscriptions implements SubscriptionReader {
  readonly #rows: UndoMap<string, SubscriptionRow>;

  constructor(log: UndoLog) {
    this.#rows = new UndoMap(log);
  }

  async byKeys(
    org: string,
    keys: readonly string[],
    limit: number,
    after?: { readonly run: number; readonly id: number },
  ): Promise<readonly SubscriptionRow[]> {
    const found = this.#ordered((row) => row.org === org && row.keys.some((key) => keys.includes(key)));
    const rest = found.filter(
      (row) => after === undefined || comparePositions([row.run, row.id], [after.run, after.id]) > 0,
    );
    return rest.slice(0, limit);
  }

  async byRun(run: number): Promise<readonly SubscriptionRow[]> {
    return this.#ordered((row) => row.run === run);
  }

  put(row: SubscriptionRow): void {
    this.#rows.set(`${row.run}/${row.id}`, row);
  }

  delete(run: number, id: number): void {
    this.#rows.delete(`${run}/${id}`);
  }

  deleteRun(run: number): void {
    for (const row of this.#ordered((subscription) => subscription.run === run)) this.delete(run, row.id);
  }

  #ordered(matching: (row: SubscriptionRow) => boolean): readonly SubscriptionRow[] {
    const rows = this.#rows.values().filter(matching);
    return rows.toSorted((left, right) => left.run - right.run || left.id - right.id);
  }
}
