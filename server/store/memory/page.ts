import { type Position, decodeCursor, encodeCursor } from "../cursor.ts";
import type { Page } from "../ports.ts";
import { compareText } from "../text-order.ts";

/** Orders positions by their first difference. */
export function comparePositions(left: Position, right: Position): number {
  for (const [index, value] of left.entries()) {
    const other = right[index];
    if (value === other) continue;
    if (typeof value === "number" && typeof other === "number") return value - other;
    return compareText(String(value), String(other));
  }
  return 0;
}

/** The page of a list after its cursor, the row with the highest position first. */
export function pageOf<Row>(
  rows: readonly Row[],
  query: { readonly limit: number; readonly cursor?: string },
  positionOf: (row: Row) => Position,
  shape: readonly ("number" | "string")[],
): Page<Row> {
  const end = query.cursor === undefined ? undefined : decodeCursor(query, query.cursor, shape);
  const ordered = rows
    .filter((row) => end === undefined || comparePositions(positionOf(row), end) < 0)
    .toSorted((left, right) => comparePositions(positionOf(right), positionOf(left)));
  const page = ordered.slice(0, query.limit);
  const last = page.at(-1);
  if (ordered.length <= query.limit || last === undefined) return { rows: page };
  return { rows: page, next: encodeCursor(query, positionOf(last)) };
}

/** Tells whether a row has all labels of a query. */
export function hasLabels(
  labels: { readonly [key: string]: string },
  wanted: { readonly [key: string]: string } | undefined,
): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}
