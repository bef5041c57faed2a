import type { SqlRow, SqlValue } from "./database.ts";

/** Rows kept: more than are brought back at a time. */
const ROWS_MAX = 512;

/** Characters and bytes of a row that is kept, so that all of them stay within a few megabytes. */
const SIZE_MAX = 16_384;

/** Rows of runs that were just read and found sound. A run is brought back because something happens to it: the write of what happened would read its row once more. */
export class RecentRows {
  readonly #rows = new Map<number, SqlRow>();

  /** Keeps a row until its run is written or others need the room. */
  put(run: number, row: SqlRow): void {
    if (sizeOf(row["data"]) + sizeOf(row["output"]) + sizeOf(row["fault"]) > SIZE_MAX) return;
    this.#rows.delete(run);
    if (this.#rows.size >= ROWS_MAX) {
      for (const oldest of this.#rows.keys()) {
        this.#rows.delete(oldest);
        break;
      }
    }
    this.#rows.set(run, row);
  }

  /** The row, for the last time: who asks is about to change it. */
  take(run: number): SqlRow | undefined {
    const row = this.#rows.get(run);
    if (row !== undefined) this.#rows.delete(run);
    return row;
  }
}

function sizeOf(value: SqlValue | undefined): number {
  return typeof value === "string" || value instanceof Uint8Array ? value.length : 0;
}
