import type { SqlRow, SqlValue } from "./database.ts";

/*
 * Between rows of ports.ts and rows of SQLite.
 */

/** Labels as stored: JSON text, null for none. */
export function labelsToColumn(labels: { readonly [key: string]: string }): string | null {
  for (const _ in labels) return JSON.stringify(labels);
  return null;
}

/** Labels as read. */
export function labelsFromColumn(column: SqlValue | undefined): { readonly [key: string]: string } {
  return typeof column === "string" ? (JSON.parse(column) as { [key: string]: string }) : {};
}

/** A copy of a row without its columns that are null: the row as an object with optional members. Names are mapped from `snake_case` by `names`. */
export function present(row: SqlRow, names: readonly (readonly [column: string, member: string])[]): Record<string, SqlValue> {
  const result: Record<string, SqlValue> = {};
  for (const [column, member] of names) {
    const value = row[column];
    if (value !== null && value !== undefined) result[member] = value;
  }
  return result;
}
