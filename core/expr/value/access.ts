import { type Json, type JsonObject, isJsonArray, isJsonObject, setKey } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import { copyObject } from "./arithmetic.ts";
import { equals } from "./compare.ts";
import { kindOf } from "./kind.ts";
import { printExcerpt } from "./print.ts";
import { codePointLength, sliceCodePoints } from "./text.ts";

/** A key beyond this length is paid for. */
const LONG_KEY = 64;
/** The longest array that an assignment may create; jq's own bound. */
const INDEX_MAX = 2 ** 29 - 1;

/** The start and end of a slice, as positions in a container of `length` elements; NaN and null mean the whole side. */
export function sliceBounds(from: Json, to: Json, length: number): readonly [start: number, end: number] {
  if ((from !== null && typeof from !== "number") || (to !== null && typeof to !== "number")) {
    return raise("Array/string slice indices must be integers");
  }
  let start = from === null || from !== from ? 0 : from;
  if (start < 0) start += length;
  start = Math.floor(Math.min(Math.max(start, 0), length));
  let end = to === null || to !== to ? length : to;
  if (end < 0) end += length;
  end = Math.ceil(Math.min(end, length));
  return [start, Math.max(start, end)];
}

/** `.[from:to]` of an array, a text or null. */
export function slice(target: Json, from: Json, to: Json, machine: Machine): Json {
  if (target === null) return null;
  if (isJsonArray(target)) {
    const [start, end] = sliceBounds(from, to, target.length);
    machine.chargeElements(end - start);
    return target.slice(start, end);
  }
  if (typeof target === "string") {
    // The code points are counted first, and looked for again.
    machine.charge(1);
    machine.chargeReading(2 * target.length);
    const [start, end] = sliceBounds(from, to, codePointLength(target));
    return sliceCodePoints(target, start, end);
  }
  return raiseIndex(target, { start: from, end: to }, machine);
}

function raiseIndex(target: Json, key: Json, machine: Machine): never {
  return raise(`Cannot index ${kindOf(target)} with ${kindOf(key)} (${printExcerpt(key, machine)})`);
}

/** `.[key]`: fields of objects, elements of arrays, slices by `{start, end}`, positions of a sub-array; null has every key. */
export function getIndex(target: Json, key: Json, machine: Machine): Json {
  if (typeof key === "string") {
    if (key.length > LONG_KEY) machine.chargeText(key.length);
    return getField(target, key, machine);
  }
  if (typeof key === "number") return getElement(target, key, machine);
  if (isJsonObject(key)) {
    if (target === null || isJsonArray(target) || typeof target === "string")
      return slice(target, ownOrNull(key, "start"), ownOrNull(key, "end"), machine);
  } else if (isJsonArray(key) && isJsonArray(target)) {
    return indicesOfArray(target, key, machine);
  }
  return raiseIndex(target, key, machine);
}

/** `.name` of an object or null. */
export function getField(target: Json, key: string, machine: Machine): Json {
  if (target === null) return null;
  if (typeof target === "object" && !isJsonArray(target)) return ownOrNull(target, key);
  return raiseIndex(target, key, machine);
}

/** `.[n]` of an array or null; negative positions count from the end. */
export function getElement(target: Json, position: number, machine: Machine): Json {
  if (target === null) return null;
  if (!isJsonArray(target)) return raiseIndex(target, position, machine);
  const index = Math.trunc(position);
  return target[index < 0 ? index + target.length : index] ?? null;
}

function ownOrNull(target: JsonObject, key: string): Json {
  return Object.hasOwn(target, key) ? (target[key] as Json) : null;
}

/** The positions at which a sub-array starts in an array; an empty one starts nowhere. */
export function indicesOfArray(target: readonly Json[], wanted: readonly Json[], machine: Machine): Json[] {
  const found: Json[] = [];
  if (wanted.length === 0) return found;
  machine.charge(target.length);
  for (let start = 0; start + wanted.length <= target.length; start++) {
    let matched = 0;
    while (matched < wanted.length && equals(target[start + matched] as Json, wanted[matched] as Json, machine))
      matched++;
    machine.charge(matched);
    if (matched === wanted.length) found.push(start);
  }
  return found;
}

/** A copy of the target with the value at one key; null becomes an object or array as the key demands. */
export function setIndex(target: Json, key: Json, value: Json, machine: Machine): Json {
  if (typeof key === "string" && (target === null || isJsonObject(target))) {
    const copy = target === null ? {} : copyObject(target, machine);
    setKey(copy, key, value);
    return copy;
  }
  if (typeof key === "number" && (target === null || isJsonArray(target))) {
    const copy = target === null ? [] : target.slice();
    machine.chargeElements(copy.length);
    setElement(copy, key, value, machine);
    return copy;
  }
  if (isJsonObject(key) && (target === null || isJsonArray(target))) return setSlice(target ?? [], key, value, machine);
  if (isJsonObject(key) && typeof target === "string") return raise("Cannot update string slices");
  return raise(`Cannot update field at ${kindOf(key)} index of ${kindOf(target)}`);
}

/** Writes one element of an array under construction, padding with null. */
export function setElement(target: Json[], position: number, value: Json, machine: Machine): void {
  if (position !== position) raise("Cannot set array element at NaN index");
  let index = Math.trunc(position);
  if (index < 0) index += target.length;
  if (index < 0) raise("Out of bounds negative array index");
  if (index > INDEX_MAX) raise("Array index too large");
  if (index >= machine.limits.size) machine.exceeded("size");
  if (index > target.length) machine.charge(index - target.length);
  while (target.length < index) target.push(null);
  target[index] = value;
}

function setSlice(target: readonly Json[], key: JsonObject, value: Json, machine: Machine): Json {
  const [start, end] = sliceBounds(ownOrNull(key, "start"), ownOrNull(key, "end"), target.length);
  if (!isJsonArray(value)) return raise("A slice of an array can only be assigned another array");
  machine.chargeElements(target.length + value.length);
  return [...target.slice(0, start), ...value, ...target.slice(end)];
}

/** `has(key)`. */
export function hasKey(target: Json, key: Json): boolean {
  if (isJsonObject(target) && typeof key === "string") return Object.hasOwn(target, key);
  if (isJsonArray(target) && typeof key === "number")
    return key === key && Math.trunc(key) >= 0 && Math.trunc(key) < target.length;
  if (target === null) return false;
  return raise(`Cannot check whether ${kindOf(target)} has a ${kindOf(key)} key`);
}
