import { crc32 } from "node:zlib";
import type { SqlRow, SqlValue } from "./database.ts";
import { storedColumns } from "./run-columns.ts";

/** What the checksum of a damaged row is set to when the row is written: no checksum has this value, so it stays damaged. */
export const DAMAGED = -1;

/** CRC-32 of a row of `runs` from its values in the order of its columns: SQLite itself does not notice a flipped bit in a value. */
export function runChecksum(values: readonly SqlValue[]): number {
  let crc = 0;
  const texts = values.map((value) => {
    if (!(value instanceof Uint8Array)) return value;
    crc = crc32(value, crc);
    return value.length;
  });
  return crc32(JSON.stringify(texts), crc);
}

/** What stands for the checksum of a row of before there were any. Not null: a flipped bit in the head of a record can make any column null. */
const UNKNOWN = -2;

/** Tells whether a row as stored is what was written, as far as it has a checksum. */
export function runHolds(row: SqlRow): boolean {
  const crc = row["crc"];
  return crc === UNKNOWN || crc === runChecksum(storedColumns.map((column) => row[column] ?? null));
}
