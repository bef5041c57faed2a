import { type Json, type JsonObject, isJsonArray } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import { sortRank } from "./kind.ts";

/** How deep two values are compared; jq's own bound, with its own messages. */
const DEPTH_MAX = 10_000;

/** Texts up to this long are compared for the price of the step that leads to it. */
const SHORT_TEXT = 32;
const STEPS_PER_COMPARISON = 0.5;
const STEPS_PER_NUMBER_COMPARED = 0.35;

/** jq's order by code points, where JavaScript's is by UTF-16 units: they differ only above the surrogates. */
export function compareText(left: string, right: string, machine: Machine): number {
  const shorter = Math.min(left.length, right.length);
  if (shorter > SHORT_TEXT) machine.chargeReading(shorter);
  if (left === right) return 0;
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
export function sortedKeys(value: JsonObject, machine: Machine): string[] {
  const keys = Object.keys(value);
  machine.chargeKeys(keys.length);
  machine.charge((keys.length * Math.log2(keys.length + 1)) / 2);
  return keys.sort((left, right) => compareText(left, right, machine));
}

/** Negative, zero or positive as `left` sorts before, with or after `right`. */
export function compare(left: Json, right: Json, machine: Machine): number {
  if (typeof left === "number" && typeof right === "number") return compareNumbers(left, right);
  if (typeof left === "string" && typeof right === "string") return compareText(left, right, machine);
  const rank = sortRank(left) - sortRank(right);
  if (rank !== 0 || left === null || typeof left !== "object") return rank;
  return compareFlat(left, right, machine) ?? compareDeep(left, right, machine);
}

/** Compares arrays of scalars, which the keys of most sorts are; undefined where containers decide. */
function compareFlat(left: Json, right: Json, machine: Machine): number | undefined {
  if (!isJsonArray(left) || !isJsonArray(right)) return undefined;
  machine.charge(1);
  const shorter = Math.min(left.length, right.length);
  for (let index = 0; index < shorter; index++) {
    const [a, b] = [left[index] as Json, right[index] as Json];
    if (typeof a === "object" && a !== null && typeof b === "object" && b !== null) return undefined;
    machine.charge(1);
    const order = compare(a, b, machine);
    if (order !== 0) return order;
  }
  return left.length - right.length;
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
    machine.charge(2);
    if (item.depth > DEPTH_MAX) raise("Comparison too deep");
    const { left: a, right: b, depth } = item;
    if (isJsonArray(a) && isJsonArray(b)) {
      machine.charge(Math.min(a.length, b.length));
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
      const keys = sortedKeys(a, machine);
      const order = compareKeys(keys, sortedKeys(b, machine), machine);
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

function compareKeys(left: readonly string[], right: readonly string[], machine: Machine): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const order = compareText(left[index] as string, right[index] as string, machine);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** jq's `==`: numbers by value, containers by content, NaN equal to nothing. */
export function equals(left: Json, right: Json, machine: Machine): boolean {
  if (left === null || right === null || typeof left !== "object" || typeof right !== "object") {
    return isSame(left, right, machine);
  }
  const pending: { readonly left: Json; readonly right: Json; readonly depth: number }[] = [{ left, right, depth: 0 }];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    machine.step();
    if (item.depth > DEPTH_MAX) raise("Equality check too deep");
    const { left: a, right: b, depth } = item;
    if (a === null || b === null || typeof a !== "object" || typeof b !== "object") {
      if (!isSame(a, b, machine)) return false;
    } else if (isJsonArray(a)) {
      if (!isJsonArray(b) || a.length !== b.length) return false;
      machine.charge(a.length);
      for (let index = a.length - 1; index >= 0; index--)
        pending.push({ left: a[index] as Json, right: b[index] as Json, depth: depth + 1 });
    } else {
      if (isJsonArray(b)) return false;
      const keys = Object.keys(a);
      machine.chargeKeys(2 * keys.length);
      if (keys.length !== Object.keys(b).length) return false;
      for (const key of keys) {
        if (!Object.hasOwn(b, key)) return false;
        pending.push({ left: a[key] as Json, right: b[key] as Json, depth: depth + 1 });
      }
    }
  }
  return true;
}

/** Compares where one is no container: long texts are paid for. */
function isSame(left: Json, right: Json, machine: Machine): boolean {
  if (typeof left === "string" && left.length > SHORT_TEXT && typeof right === "string" && left.length === right.length)
    machine.chargeText(left.length);
  return left === right;
}

/** A stable sort of items by keys computed beforehand; pays for every comparison. */
export function sortByKeys<T extends { readonly key: Json }>(entries: T[], machine: Machine): T[] {
  machine.charge(4 * entries.length);
  if (entries.every(({ key }) => typeof key === "number" && key === key)) {
    machine.charge(STEPS_PER_NUMBER_COMPARED * entries.length * Math.log2(entries.length + 1));
    return entries.sort((a, b) => (a.key as number) - (b.key as number));
  }
  return entries.sort((a, b) => {
    machine.charge(STEPS_PER_COMPARISON);
    return compare(a.key, b.key, machine);
  });
}
