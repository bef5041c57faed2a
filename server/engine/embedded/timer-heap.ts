import type { TimerRow } from "../../store/ports.ts";

/** The order in which timers are due; total, so that a page of the store can be continued. */
export function compareTimers(left: TimerRow, right: TimerRow): number {
  return left.dueAt - right.dueAt || left.run - right.run || left.id - right.id;
}

/** A binary heap of timers, the next due first. */
export class TimerHeap {
  #rows: TimerRow[] = [];

  get size(): number {
    return this.#rows.length;
  }

  peek(): TimerRow | undefined {
    return this.#rows[0];
  }

  push(row: TimerRow): void {
    const rows = this.#rows;
    let at = rows.push(row) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = rows[parent] as TimerRow;
      if (compareTimers(above, row) <= 0) break;
      rows[at] = above;
      at = parent;
    }
    rows[at] = row;
  }

  pop(): TimerRow | undefined {
    const rows = this.#rows;
    const [first] = rows;
    const last = rows.pop();
    if (first === undefined || last === undefined || rows.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= rows.length) break;
      if (child + 1 < rows.length && compareTimers(rows[child + 1] as TimerRow, rows[child] as TimerRow) < 0) child++;
      const below = rows[child] as TimerRow;
      if (compareTimers(last, below) <= 0) break;
      rows[at] = below;
      at = child;
    }
    rows[at] = last;
    return first;
  }

  /** Keeps the rows that pass, in any case no more than the first `limit`; returns the last row kept when some were dropped for the limit. */
  retain(keep: (row: TimerRow) => boolean, limit: number): TimerRow | undefined {
    const kept = this.#rows.filter(keep).sort(compareTimers);
    const over = kept.length > limit;
    this.#rows = over ? kept.slice(0, limit) : kept;
    return over ? this.#rows.at(-1) : undefined;
  }
}
