import type { TimerReader, TimerRow } from "../ports.ts";
import type { UndoLog } from "./undo-map.ts";

/** Timers in memory, in order of due time. */
export class MemoryTimers implements TimerReader {
  readonly #log: UndoLog;
  readonly #rows: TimerRow[] = [];

  constructor(log: UndoLog) {
    this.#log = log;
  }

  async due(dueAt: number, limit: number, after?: TimerRow): Promise<readonly TimerRow[]> {
    let start = 0;
    if (after !== undefined) {
      const { index, found } = this.#find(after);
      start = found ? index + 1 : index;
    }
    const rows: TimerRow[] = [];
    for (let index = start; index < this.#rows.length && rows.length < limit; index++) {
      const row = this.#rows[index] as TimerRow;
      if (row.dueAt > dueAt) break;
      rows.push(row);
    }
    return rows;
  }

  async count(): Promise<number> {
    return this.#rows.length;
  }

  put(row: TimerRow): void {
    if (this.#insert(row)) this.#log.push(() => this.#remove(row));
  }

  delete(row: TimerRow): void {
    if (this.#take(row)) return;
    for (const other of this.#rows.filter(({ run, id }) => run === row.run && id === row.id)) this.#take(other);
  }

  deleteRun(run: number): void {
    for (const row of this.#rows.filter((timer) => timer.run === run)) this.#take(row);
  }

  #take(row: TimerRow): boolean {
    const removed = this.#remove(row);
    if (removed) this.#log.push(() => this.#insert(row));
    return removed;
  }

  #insert(row: TimerRow): boolean {
    const { index, found } = this.#find(row);
    if (!found) this.#rows.splice(index, 0, row);
    return !found;
  }

  #remove(row: TimerRow): boolean {
    const { index, found } = this.#find(row);
    if (found) this.#rows.splice(index, 1);
    return found;
  }

  #find(row: TimerRow): { readonly index: number; readonly found: boolean } {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareTimers(this.#rows[middle] as TimerRow, row);
      if (order === 0) return { index: middle, found: true };
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return { index: low, found: false };
  }
}

function compareTimers(left: TimerRow, right: TimerRow): number {
  return left.dueAt - right.dueAt || left.run - right.run || left.id - right.id;
}
