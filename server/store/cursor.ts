import { crc32 } from "node:zlib";
import { InvalidCursor } from "./ports.ts";

/** Where a page ended: the values its list is ordered by, of the last row given out. */
export type Position = readonly (number | string)[];

/** Makes the opaque cursor of a page: its end, tied to the query by a hash so that it cannot be used with another. */
export function encodeCursor(query: object, end: Position): string {
  return Buffer.from(JSON.stringify([queryHash(query), ...end])).toString("base64url");
}

/** Reads a cursor that `encodeCursor` made for the same query, whose position has the types of `shape`. Throws InvalidCursor. */
export function decodeCursor(query: object, cursor: string, shape: readonly ("number" | "string")[]): Position {
  const parts = parse(cursor);
  const [hash, ...end] = parts;
  const fits = end.length === shape.length && end.every((value, index) => typeof value === shape[index]);
  if (!fits || hash !== queryHash(query)) throw new InvalidCursor();
  return end as Position;
}

function parse(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(value)) return value;
  } catch {
    // Not JSON: refused below like any other cursor that we did not make.
  }
  throw new InvalidCursor();
}

/** Hashes what a query asks for, whatever the order of its keys; page size and cursor may change from page to page. */
function queryHash(query: object): number {
  return crc32(JSON.stringify(canonical({ ...query, limit: undefined, cursor: undefined })));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return entries.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([key, item]) => [key, canonical(item)]);
}
