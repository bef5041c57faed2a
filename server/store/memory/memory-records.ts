import type { RecordReader, RecordRow } from "../ports.ts";
import { compareText } from "../text-order.ts";
import { type UndoLog, UndoMap } from "./undo-map.ts";

/** Small records in memory. */
export class MemoryRecords implements RecordReader {
  readonly #rows: UndoMap<string, RecordRow>;

  constructor(log: UndoLog) {
    this.#rows = new UndoMap(log);
  }

  async get(space: string, key: string): Promise<string | undefined> {
    return this.#rows.get(`${space}\0${key}`)?.value;
  }

  async list(space: string, prefix = ""): Promise<readonly RecordRow[]> {
    const rows = this.#rows.values().filter((row) => row.space === space && row.key.startsWith(prefix));
    return rows.toSorted((left, right) => compareText(left.key, right.key));
  }

  async keys(space: string): Promise<readonly string[]> {
    return (await this.list(space)).map(({ key }) => key);
  }

  put(row: RecordRow): void {
    this.#rows.set(`${row.space}\0${row.key}`, row);
  }

  delete(space: string, key: string): void {
    this.#rows.delete(`${space}\0${key}`);
  }
}
