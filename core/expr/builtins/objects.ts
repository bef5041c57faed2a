import { type Json, isJsonArray, isJsonObject, setKey } from "../../lib/json.ts";
import { updateElements } from "../compile/assignment.ts";
import { type Code, single } from "../compile/code.ts";
import { firstOf } from "../compile/flow.ts";
import { type Machine, raise } from "../machine.ts";
import { describe } from "../value/arithmetic.ts";
import { getIndex, hasKey } from "../value/access.ts";
import { sortedKeys } from "../value/compare.ts";
import { isTruthy, kindOf } from "../value/kind.ts";
import { printExcerpt } from "../value/print.ts";
import { type Builtin, filter, native, operation } from "./builtin.ts";

function keys(value: Json, isSorted: boolean, machine: Machine): Json {
  if (isJsonArray(value)) {
    machine.charge(value.length);
    return value.map((_item, position) => position);
  }
  if (!isJsonObject(value)) return raise(`${describe(value, machine)} has no keys`);
  const names = isSorted ? sortedKeys(value, machine) : Object.keys(value);
  if (!isSorted) machine.chargeKeys(names.length);
  return names;
}

function toEntries(value: Json, machine: Machine): Json {
  if (isJsonArray(value)) {
    machine.charge(3 * value.length);
    return value.map((item, position) => ({ key: position, value: item }));
  }
  if (!isJsonObject(value)) return raise(`${describe(value, machine)} has no keys`);
  const names = Object.keys(value);
  machine.chargeKeys(2 * names.length);
  return names.map((key) => ({ key, value: value[key] as Json }));
}

function entryKey(entry: Json, machine: Machine): Json {
  for (const name of ["key", "Key", "name", "Name"]) {
    const key = getIndex(entry, name, machine);
    if (isTruthy(key) || name === "Name") return key;
  }
  return null;
}

function entryName(key: Json, machine: Machine): string {
  if (typeof key === "string") return key;
  return raise(`Cannot use ${kindOf(key)} (${printExcerpt(key, machine)}) as object key`);
}

function fromEntries(value: Json, machine: Machine): Json {
  const entries = isJsonArray(value)
    ? value
    : isJsonObject(value)
      ? Object.values(value)
      : raise(`Cannot iterate over ${describe(value, machine)}`);
  const result: Record<string, Json> = {};
  machine.chargeKeys(entries.length);
  for (const entry of entries) {
    machine.charge(2);
    const key = entryKey(entry, machine);
    setKey(result, entryName(key, machine), getIndex(entry, hasKey(entry, "value") ? "value" : "Value", machine));
  }
  return result;
}

/** Objects: keys and entries. */
export const OBJECT_BUILTINS: readonly Builtin[] = [
  filter("keys", (value, machine) => keys(value, true, machine)),
  filter("keys_unsorted", (value, machine) => keys(value, false, machine)),
  operation("has", 1, (value, [key]) => hasKey(value, key as Json)),
  operation("in", 1, (value, [container]) => hasKey(container as Json, value)),
  filter("to_entries", toEntries),
  filter("from_entries", fromEntries),
  native("map_values", 1, ([body], { machine }) =>
    single(
      (value, env) => updateElements(value, (item) => firstOf(body as Code, item, env, machine), machine),
      [body as Code],
    ),
  ),
];
