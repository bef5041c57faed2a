import { type Json, type JsonObject, isJsonArray, isJsonObject, setKey } from "../../lib/json.ts";
import { identity, iterate } from "../compile/access.ts";
import { Break, type Code, type Env, GO_ON, STOP, single } from "../compile/code.ts";
import type { CompileContext } from "../compile/context.ts";
import { type Machine, raise } from "../machine.ts";
import { add, chargeSearch, copyObject, describe, subtract } from "../value/arithmetic.ts";
import { compare, equals, sortByKeys } from "../value/compare.ts";
import { kindOf } from "../value/kind.ts";
import { type Builtin, filter, native, operation, valueFunction } from "./builtin.ts";

/** How deep containment is checked; jq's own bound. */
const CONTAINS_DEPTH_MAX = 10_000;
/** How deep containment recurses where it must branch; beyond that only chains of single elements are followed. */
const CONTAINS_STACK_MAX = 1000;

const MERGED_FEW = 256;
const NOT_SORTABLE = "cannot be sorted, as it is not an array";

interface Keyed {
  readonly key: Json;
  readonly item: Json;
}

function arrayFor(value: Json, what: string, machine: Machine): readonly Json[] {
  return isJsonArray(value) ? value : raise(`${describe(value, machine)} ${what}`);
}

/** Every element with the outputs of a filter on it as its key. */
function keyed(value: Json, body: Code, env: Env, machine: Machine, refusal: string): Keyed[] {
  if (!isJsonArray(value)) {
    if (isJsonObject(value)) return raise(`${describe(value, machine)} ${refusal}`);
    return raise(`Cannot iterate over ${describe(value, machine)}`);
  }
  machine.charge(5 * value.length);
  const keys = value.map((item) => keysOf(item, body, env, machine));
  // Where every key is one output, it is compared by itself: cheaper, and the same order as arrays of one.
  const areSingle = keys.every((key) => key !== undefined && !(key instanceof Several));
  return value.map((item, position) => {
    const key = keys[position];
    if (areSingle) return { key: key as Json, item };
    return { key: key instanceof Several ? key.outputs : key === undefined ? [] : [key], item };
  });
}

/** More than one output. */
class Several {
  readonly outputs: readonly Json[];

  constructor(outputs: readonly Json[]) {
    this.outputs = outputs;
  }
}

/** The outputs of a filter on an element: none, one, or several. */
function keysOf(item: Json, body: Code, env: Env, machine: Machine): Json | Several | undefined {
  if (body.one) return body.one(item, env);
  const outputs: Json[] = [];
  const signal = body.each(item, env, (output) => {
    outputs.push(output);
    return GO_ON;
  });
  if (signal === STOP) throw new Break(machine.breaking);
  return outputs.length === 1 ? outputs[0] : new Several(outputs);
}

function byKey(name: string, finish: (sorted: readonly Keyed[], machine: Machine) => Json, isSorted = true): Builtin {
  return native(name, 1, ([body], { machine }) =>
    single(
      (value, env) => {
        const entries = keyed(value, body as Code, env, machine, NOT_SORTABLE);
        return finish(isSorted ? sortByKeys(entries, machine) : entries, machine);
      },
      [body as Code],
    ),
  );
}

function groups(sorted: readonly Keyed[], machine: Machine): Json[][] {
  const result: Json[][] = [];
  let previous: Keyed | undefined;
  for (const entry of sorted) {
    machine.charge(2);
    if (previous && compare(previous.key, entry.key, machine) === 0) result.at(-1)?.push(entry.item);
    else result.push([entry.item]);
    previous = entry;
  }
  return result;
}

function itemsOf(entries: readonly Keyed[]): Json[] {
  return entries.map((entry) => entry.item);
}

/** Every element as its own key. */
function selfKeyed(value: Json, refusal: string, machine: Machine): Keyed[] {
  const items = arrayFor(value, refusal, machine);
  machine.charge(2 * items.length);
  return items.map((item) => ({ key: item, item }));
}

/** The smallest (the first of equals) or the largest (the last of equals) element. */
function extreme(entries: readonly Keyed[], isMinimum: boolean, machine: Machine): Json {
  let best: Keyed | undefined;
  for (const entry of entries) {
    machine.step();
    if (!best || compare(entry.key, best.key, machine) < 0 === isMinimum) best = entry;
  }
  return best ? best.item : null;
}

function extremeItem(value: Json, isMinimum: boolean, machine: Machine): Json {
  const what = isJsonArray(value) ? "" : `and ${describe(value, machine)} cannot be iterated over`;
  return extreme(selfKeyed(value, what, machine), isMinimum, machine);
}

/** `add(source)`: a sum that grows in place, so that long lists of arrays, objects or texts take linear time. */
function sum(source: Code, value: Json, env: Env, machine: Machine): Json {
  let total: Json = null;
  let owned: Json[] | Record<string, Json> | undefined;
  let merged = 0;
  const signal = source.each(value, env, (item) => {
    machine.step();
    if (isJsonArray(total) && isJsonArray(item)) {
      const items: Json[] = Array.isArray(owned) ? owned : [...total];
      machine.charge((item.length + (owned ? 0 : total.length)) / 2);
      for (const element of item) items.push(element);
      total = owned = items;
    } else if (isJsonObject(total) && isJsonObject(item)) {
      const fields: Record<string, Json> = owned && !Array.isArray(owned) ? owned : copyObject(total, machine);
      const keys = Object.keys(item);
      machine.chargeKeys(keys.length);
      // The sum may have grown large: then its keys are dear, even if they come one by one.
      if ((merged += keys.length) > MERGED_FEW) machine.charge(8 * keys.length);
      for (const key of keys) setKey(fields, key, item[key] as Json);
      total = owned = fields;
    } else if (typeof total === "string" && typeof item === "string") {
      machine.chargePiece(item.length, total.length + item.length);
      total += item;
    } else {
      if (item !== null) owned = undefined;
      total = add(total, item, machine);
    }
    return GO_ON;
  });
  if (signal === STOP) throw new Break(machine.breaking);
  return total;
}

function addFrom(source: Code, { machine }: CompileContext): Code {
  return single((value, env) => sum(source, value, env, machine), [source]);
}

function paidValues(value: JsonObject, machine: Machine): Json[] {
  const items = Object.values(value);
  machine.chargeKeys(2 * items.length);
  return items;
}

function flatten(value: Json, depth: Json, machine: Machine): Json {
  if (compare(depth, 0, machine) < 0) return raise("flatten depth must not be negative");
  const result: Json[] = [];
  const items = isJsonArray(value)
    ? value
    : isJsonObject(value)
      ? paidValues(value, machine)
      : raise(`Cannot iterate over ${describe(value, machine)}`);
  const pending: { readonly items: readonly Json[]; readonly levels: Json; next: number }[] = [
    { items, levels: depth, next: 0 },
  ];
  for (let frame = pending.at(-1); frame !== undefined; frame = pending.at(-1)) {
    if (frame.next >= frame.items.length) {
      pending.pop();
      continue;
    }
    machine.step();
    const item = frame.items[frame.next++] as Json;
    // jq counts down by subtraction, which fails for a depth that is no number.
    if (isJsonArray(item) && frame.levels !== 0)
      pending.push({ items: item, levels: lowered(frame.levels, machine), next: 0 });
    else result.push(item);
  }
  return result;
}

function lowered(levels: Json, machine: Machine): Json {
  machine.charge(2);
  return subtract(levels, 1, machine);
}

function reverse(value: Json, machine: Machine): Json {
  if (typeof value === "string")
    return value === "" ? [] : raise(`Cannot index string with number (${Array.from(value).length - 1})`);
  if (value === null || value === 0) return [];
  if (isJsonArray(value)) {
    machine.chargeElements(value.length);
    return value.toReversed();
  }
  if (isJsonObject(value)) {
    const size = Object.keys(value).length;
    return size === 0 ? [] : raise(`Cannot index object with number (${size - 1})`);
  }
  return typeof value === "number"
    ? raise(`Cannot index number with number (${Math.abs(value) - 1})`)
    : raise(`${describe(value, machine)} has no length`);
}

function transpose(value: Json, machine: Machine): Json {
  if (!isJsonArray(value)) return raise(`Cannot iterate over ${describe(value, machine)}`);
  machine.chargeElements(value.length);
  const rows = value.map((row) =>
    row === null ? [] : arrayFor(row, "cannot be transposed, as it is not an array", machine),
  );
  const width = rows.reduce((widest, row) => Math.max(widest, row.length), 0);
  machine.charge(20 + width * (8 + rows.length));
  return Array.from({ length: width }, (_, column) => rows.map((row) => row[column] ?? null));
}

/** The position of a value in a sorted array, or -1 minus where it would have to be inserted. */
function binarySearch(value: Json, wanted: Json, machine: Machine): Json {
  const items = arrayFor(value, "cannot be searched from", machine);
  let [start, end] = [0, items.length];
  while (start < end) {
    machine.step();
    const middle = (start + end) >>> 1;
    const order = compare(wanted, items[middle] as Json, machine);
    if (order === 0) return middle;
    if (order < 0) end = middle;
    else start = middle + 1;
  }
  return -1 - start;
}

/** `contains`: objects by key, arrays by any element, texts by part. */
function contains(whole: Json, part: Json, machine: Machine): boolean {
  const kind = kindOf(whole);
  if (kind !== kindOf(part))
    return raise(`${describe(whole, machine)} and ${describe(part, machine)} cannot have their containment checked`);
  return containsDeep(whole, part, 0, 0, machine);
}

function containsDeep(wholeStart: Json, partStart: Json, depthStart: number, stack: number, machine: Machine): boolean {
  let [whole, part, depth] = [wholeStart, partStart, depthStart];
  for (;;) {
    machine.charge(2);
    if (depth > CONTAINS_DEPTH_MAX || stack > CONTAINS_STACK_MAX) return raise("Containment check too deep");
    if (isJsonArray(whole) && isJsonArray(part)) {
      if (whole.length !== 1 || part.length !== 1) {
        const items = whole;
        return part.every((wanted) => items.some((item) => containsDeep(item, wanted, depth + 1, stack + 1, machine)));
      }
      // Chains of single elements are followed in a loop, so that they may be as deep as jq allows.
      [whole, part, depth] = [whole[0] as Json, part[0] as Json, depth + 1];
    } else if (isJsonObject(whole) && isJsonObject(part)) {
      const fields = whole;
      const wanted = part;
      const keys = Object.keys(wanted);
      machine.chargeKeys(2 * keys.length);
      return keys.every(
        (key) =>
          Object.hasOwn(fields, key) &&
          containsDeep(fields[key] as Json, wanted[key] as Json, depth + 1, stack + 1, machine),
      );
    } else if (typeof whole === "string" && typeof part === "string") {
      chargeSearch(whole, part, machine);
      return whole.includes(part);
    } else {
      return equals(whole, part, machine);
    }
  }
}

/** Lists: sorting, grouping, summing, searching. */
export const ARRAY_BUILTINS: readonly Builtin[] = [
  native("add", 0, (_args, context) => addFrom(iterate(identity(), false, context.machine), context)),
  native("add", 1, ([source], context) => addFrom(source as Code, context)),
  filter("sort", (value, machine) => itemsOf(sortByKeys(selfKeyed(value, NOT_SORTABLE, machine), machine))),
  filter("unique", (value, machine) =>
    groups(sortByKeys(selfKeyed(value, NOT_SORTABLE, machine), machine), machine).map((group) => group[0] as Json),
  ),
  filter("min", (value, machine) => extremeItem(value, true, machine)),
  filter("max", (value, machine) => extremeItem(value, false, machine)),
  byKey("sort_by", itemsOf),
  byKey("group_by", groups),
  byKey("unique_by", (sorted, machine) => groups(sorted, machine).map((group) => group[0] as Json)),
  byKey("min_by", (entries, machine) => extreme(entries, true, machine), false),
  byKey("max_by", (entries, machine) => extreme(entries, false, machine), false),
  filter("reverse", reverse),
  filter("flatten", (value, machine) => flatten(value, Infinity, machine)),
  valueFunction("flatten", 1, (value, [depth], machine) => flatten(value, depth as Json, machine)),
  filter("transpose", transpose),
  operation("bsearch", 1, (value, [wanted], machine) => binarySearch(value, wanted as Json, machine)),
  operation("contains", 1, (value, [part], machine) => contains(value, part as Json, machine)),
  operation("inside", 1, (value, [whole], machine) => contains(whole as Json, value, machine)),
];
