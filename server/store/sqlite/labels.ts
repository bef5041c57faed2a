import type { SqlValue } from "./database.ts";

/** Labels as stored: JSON text, null for none. */
export function labelsToColumn(labels: { readonly [key: string]: string }): string | null {
  return Object.keys(labels).length === 0 ? null : JSON.stringify(labels);
}

/** Labels as read. */
export function labelsFromColumn(column: SqlValue | undefined): { readonly [key: string]: string } {
  return typeof column === "string" ? (JSON.parse(column) as { [key: string]: string }) : {};
}
