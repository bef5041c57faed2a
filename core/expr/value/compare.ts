import { type Json, type JsonObject, isJsonArray } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import { sortRank } from "./kind.ts";

/** How deep two values are compared; jq's own bound, with its own messages. */
const DEPTH_MAX = 10_000;

/** jq's order by code points, where JavaScript's is by UTF-16 units: they differ only above the surrogates. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const shorter = Math.min(left.length, right.length);
  for (let index = 0; index < shorter; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return a >= 0xd800 && b >= 0xd800 ? surrogateLast(a) - surrogateLast(b) : a - b;
  }
  return left.length - right.length;
}

function surrogateLast(unit: number): number {
  return unit >= 0xe000 ? unit : unit + 0x10000;
}

/** The keys of an object in jq's order. */
export function sortedKeys(value: JsonObject): string[] {
  return Object.keys(value).sort(compareText);
}

/** Negative, zero or positive as `left` sorts before, with or after `right`. */
export function compare(left: Json, right: Json, machine: Machine): number {
  if (typeof left === "number" && typeof right === "number") return compareNumbers(left, right);
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  const rank = sortRank(left) - sortRank(right);
  if (rank !== 0 || left === null || typeof left !== "object") return rank;
  return compareDeep(left, right, machine);
}

/** NaN sorts below every number, itself included. */
function compareNumbers(left: number, right: number): number {
  if (left < right || left !== left) return -1;
  return left === right ? 0 : 1;
}

/** Compares containers in reading order with a stack of its own, so that depth costs memory and not JavaScript stack. */
function compareDeep(left: Json, right: Json, machine: Machine): number {
  const pending: { readonly left: Json; readonly right: Json; readonly depth: number; readonly outcome?: number }[] = [
    { left, right, depth: 0 },
  ];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (item.outcome !== undefined) return item.outcome;
    machine.step();
    if (item.depth > DEPTH_MAX) raise("Comparison too deep");
    const { left: a, right: b, depth } = item;
    if (isJsonArray(a) && isJsonArray(b)) {
      if (a.length !== b.length) pending.push({ left: null, right: null, depth, outcome: a.length - b.length });
      for (let index = Math.min(a.length, b.length) - 1; index >= 0; index--)
        pending.push({ left: a[index] as Json, right: b[index] as Json, depth: depth + 1 });
      continue;
    }
    if (
      a !== null &&
      b !== null &&
      typeof a === "object" &&
      typeof b === "object" &&
      !isJsonArray(a) &&
      !isJsonArray(b)
    ) {
      const keys = sortedKeys(a);
      const order = compareKeys(keys, sortedKeys(b));
      if (order !== 0) return order;
      for (let index = keys.length - 1; index >= 0; index--)
        pending.push({
          left: a[keys[index] as string] as Json,
          right: b[keys[index] as string] as Json,
          depth: depth + 1,
        });
      continue;
    }
    const order = compare(a, b, machine);
    if (order !== 0) return order;
  }
  return 0;
}

function compareKeys(left: readonly string[], right: readonly string[]): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const order = compareText(left[index] as string, right[index] as string);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** jq's `==`: numbers by value, containers by content, NaN equal to nothing. */
export function equals(left: Json, right: Json, machine: Machine): boolean {
  if (left === null || right === null || typeof left !== "object" || typeof right !== "object") return left === right;
  const pending: { readonly left: Json; readonly right: Json; readonly depth: number }[] = [{ left, right, depth: 0 }];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    machine.step();
    if (item.depth > DEPTH_MAX) raise("Equality check too deep");
    const { left: a, right: b, depth } = item;
    if (a === null || b === null || typeof a !== "object" || typeof b !== "object") {
      if (a !== b) return false;
    } else if (isJsonArray(a)) {
      if (!isJsonArray(b) || a.length !== b.length) return false;
      for (let index = a.length - 1; index >= 0; index--)
        pending.push({ left: a[index] as Json, right: b[index] as Json, depth: depth + 1 });
    } else {
      if (isJsonArray(b)) return false;
      const keys = Object.keys(a);
      if (keys.length !== Object.keys(b).length) return false;
      for (const key of keys) {
        if (!Object.hasOwn(b, key)) return false;
        pending.push({ left: a[key] as Json, right: b[key] as Json, depth: depth + 1 });
      }
    }
  }
  return true;
}

/** A stable sort of items by keys computed beforehand; pays for every comparison. */
export function sortByKeys<T extends { readonly key: Json }>(entries: T[], machine: Machine): T[] {
  return entries.sort((a, b) => {
    machine.step();
    return compare(a.key, b.key, machine);
  });
}
