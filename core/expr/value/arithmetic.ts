import { type Json, type JsonObject, isJsonArray, isJsonObject, setKey } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import type { BinaryOperator } from "../syntax/ast.ts";
import { compare, equals } from "./compare.ts";
import { kindOf } from "./kind.ts";
import { printExcerpt } from "./print.ts";
import { utf8Length } from "./text.ts";

/** How deep objects are merged by `*`; jq's own bound. */
const MERGE_DEPTH_MAX = 10_000;
const INTEGER_MAX = 2 ** 31 - 1;
/** jq's integers in `%` are 64 bits wide; doubles beyond are clamped to these. */
const LONG_MAX = 2 ** 63;

/** Describes a value in an error message: `string ("abc")`. */
export function describe(value: Json, machine: Machine): string {
  return `${kindOf(value)} (${printExcerpt(value, machine)})`;
}

function raisePair(left: Json, right: Json, what: string, machine: Machine): never {
  return raise(`${describe(left, machine)} and ${describe(right, machine)} ${what}`);
}

/** `+`: numbers, texts, arrays, shallow object merge; null is neutral. */
export function add(left: Json, right: Json, machine: Machine): Json {
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (left === null) return right;
  if (right === null) return left;
  if (typeof left === "string" && typeof right === "string") return concatenate(left, right, machine);
  if (isJsonArray(left) && isJsonArray(right)) {
    machine.chargeElements(left.length + right.length);
    return right.length === 0 ? left : left.length === 0 ? right : left.concat(right);
  }
  if (isJsonObject(left) && isJsonObject(right)) return mergeShallow(left, right, machine);
  return raisePair(left, right, "cannot be added", machine);
}

/** Joins two texts within the size budget. */
export function concatenate(left: string, right: string, machine: Machine): string {
  machine.chargeText(left.length + right.length);
  return left + right;
}

/** A copy of an object that may be changed while it is under construction. */
export function copyObject(source: JsonObject, machine: Machine): Record<string, Json> {
  const keys = Object.keys(source);
  machine.chargeKeys(keys.length);
  // Where objects of many shapes pass, a loop is several times faster than `{ ...source }`.
  const copy: Record<string, Json> = {};
  for (const key of keys) setKey(copy, key, source[key] as Json);
  return copy;
}

function mergeShallow(left: JsonObject, right: JsonObject, machine: Machine): Json {
  const merged = copyObject(left, machine);
  const keys = Object.keys(right);
  machine.chargeKeys(keys.length);
  for (const key of keys) setKey(merged, key, right[key] as Json);
  return merged;
}

/** `-`: numbers, and arrays as sets. */
export function subtract(left: Json, right: Json, machine: Machine): Json {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (!isJsonArray(left) || !isJsonArray(right)) return raisePair(left, right, "cannot be subtracted", machine);
  machine.charge(2 * left.length + 3 * right.length);
  const scalars = new Set<Json>(right.filter((item) => item === null || typeof item !== "object"));
  const containers = right.filter((item) => item !== null && typeof item === "object");
  return left.filter((item) => {
    if (item === null || typeof item !== "object") return item !== item || !scalars.has(item);
    return !containers.some((other) => equals(item, other, machine));
  });
}

/** `*`: numbers, repeated texts, deep object merge. */
export function multiply(left: Json, right: Json, machine: Machine): Json {
  if (typeof left === "number" && typeof right === "number") return left * right;
  if (typeof left === "string" && typeof right === "number") return repeat(left, right, machine);
  if (typeof left === "number" && typeof right === "string") return repeat(right, left, machine);
  if (isJsonObject(left) && isJsonObject(right)) return mergeDeep(left, right, machine);
  return raisePair(left, right, "cannot be multiplied", machine);
}

function repeat(text: string, times: number, machine: Machine): Json {
  if (times < 0 || times !== times) return null;
  const count = Math.trunc(Math.min(times, INTEGER_MAX));
  if (count === 0 || text === "") return "";
  if (utf8Length(text) * count >= INTEGER_MAX - 8) return raise("Repeat string result too long");
  machine.chargeText(text.length * count);
  return text.repeat(count);
}

function mergeDeep(left: JsonObject, right: JsonObject, machine: Machine): Json {
  const root = copyObject(left, machine);
  const pending: { readonly into: Record<string, Json>; readonly from: JsonObject; readonly depth: number }[] = [
    { into: root, from: right, depth: 0 },
  ];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (item.depth > MERGE_DEPTH_MAX) return raise("Object merge too deep");
    const keys = Object.keys(item.from);
    machine.chargeKeys(keys.length);
    for (const key of keys) {
      machine.charge(2);
      const value = item.from[key] as Json;
      const present = Object.hasOwn(item.into, key) ? (item.into[key] as Json) : undefined;
      if (isJsonObject(value) && isJsonObject(present)) {
        const copy = copyObject(present, machine);
        setKey(item.into, key, copy);
        pending.push({ into: copy, from: value, depth: item.depth + 1 });
      } else {
        setKey(item.into, key, value);
      }
    }
  }
  return root;
}

/** `/`: numbers, and texts split by a separator. */
export function divide(left: Json, right: Json, machine: Machine): Json {
  if (typeof left === "number" && typeof right === "number") {
    if (right === 0) return raisePair(left, right, "cannot be divided because the divisor is zero", machine);
    return left / right;
  }
  if (typeof left === "string" && typeof right === "string") return split(left, right, machine);
  return raisePair(left, right, "cannot be divided", machine);
}

/** Pays for looking for a text in another: the longer it is, the more of it may be compared in vain. */
export function chargeSearch(text: string, wanted: string, machine: Machine): void {
  machine.chargeText(text.length);
  if (wanted.length > 1) machine.chargeReading(text.length);
}

/** Splits a text at every separator; an empty separator splits into code points, an empty text gives no piece. */
export function split(text: string, separator: string, machine: Machine): Json[] {
  chargeSearch(text, separator, machine);
  if (text === "") return [];
  const pieces = separator === "" ? Array.from(text) : text.split(separator);
  machine.charge(pieces.length);
  return pieces;
}

/** `%`: remainder of the integer parts, with the sign of the dividend. */
export function remainder(left: Json, right: Json, machine: Machine): Json {
  if (typeof left !== "number" || typeof right !== "number")
    return raisePair(left, right, "cannot be divided (remainder)", machine);
  if (left !== left || right !== right) return NaN;
  const divisor = toLong(right);
  if (divisor === 0)
    return raisePair(left, right, "cannot be divided (remainder) because the divisor is zero", machine);
  const result = remainderOfLongs(toLong(left), divisor);
  return result === 0 ? 0 : result;
}

function toLong(value: number): number {
  return Math.trunc(Math.min(Math.max(value, -LONG_MAX), LONG_MAX));
}

/** The clamped maximum is 2^63 - 1, which is no double: such operands are computed with integers of any size. */
function remainderOfLongs(dividend: number, divisor: number): number {
  if (dividend !== LONG_MAX && divisor !== LONG_MAX) return dividend % divisor;
  return Number(exactLong(dividend) % exactLong(divisor));
}

function exactLong(value: number): bigint {
  return value === LONG_MAX ? 2n ** 63n - 1n : BigInt(value);
}

/** Applies an operator to two values. */
export function operate(operator: BinaryOperator, left: Json, right: Json, machine: Machine): Json {
  switch (operator) {
    case "+":
      return add(left, right, machine);
    case "-":
      return subtract(left, right, machine);
    case "*":
      return multiply(left, right, machine);
    case "/":
      return divide(left, right, machine);
    case "%":
      return remainder(left, right, machine);
    case "==":
      return equals(left, right, machine);
    case "!=":
      return !equals(left, right, machine);
    case "<":
      return compare(left, right, machine) < 0;
    case "<=":
      return compare(left, right, machine) <= 0;
    case ">":
      return compare(left, right, machine) > 0;
    case ">=":
      return compare(left, right, machine) >= 0;
  }
}
