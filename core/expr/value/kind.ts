import type { Json } from "../../lib/json.ts";

/** The name of a value's type, as `type` answers it. */
export type Kind = "null" | "boolean" | "number" | "string" | "array" | "object";

/** The type of a value. */
export function kindOf(value: Json): Kind {
  if (value === null) return "null";
  if (typeof value === "object") return Array.isArray(value) ? "array" : "object";
  return typeof value as "boolean" | "number" | "string";
}

/** Everything but null and false is true. */
export function isTruthy(value: Json): boolean {
  return value !== null && value !== false;
}

const SORT_RANK: Readonly<Record<Kind, number>> = { null: 1, boolean: 2, number: 4, string: 5, array: 6, object: 7 };

/** The place of a value's type in jq's order: null, false, true, numbers, strings, arrays, objects. */
export function sortRank(value: Json): number {
  if (value === true) return 3;
  return SORT_RANK[kindOf(value)];
}
