import { type Json, type JsonObject, isJsonArray, isJsonObject } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import { getIndex, setIndex, sliceBounds } from "./access.ts";
import { copyObject } from "./arithmetic.ts";
import { compare, equals } from "./compare.ts";
import { kindOf } from "./kind.ts";

/** How long a path may be; jq's own bound. */
const PATH_LENGTH_MAX = 10_000;

function checkedPath(path: Json, what: string): readonly Json[] {
  if (!isJsonArray(path)) return raise(what);
  if (path.length > PATH_LENGTH_MAX) return raise("Path too deep");
  return path;
}

/** The value at a path; null where the path leads through null. */
export function getPath(root: Json, path: Json, machine: Machine): Json {
  const keys = checkedPath(path, "Path must be specified as an array");
  let value = root;
  for (const key of keys) {
    machine.step();
    value = getIndex(value, key, machine);
  }
  return value;
}

/** A copy of the root with the value at a path; everything off the path is shared. */
export function setPath(root: Json, path: Json, value: Json, machine: Machine): Json {
  const keys = checkedPath(path, "Path must be specified as an array");
  return updatePath(root, keys, () => value, machine);
}

/** A copy of the root with what `update` makes of the value at a path. */
export function updatePath(root: Json, keys: readonly Json[], update: (value: Json) => Json, machine: Machine): Json {
  const parents: Json[] = [];
  let value = root;
  for (const key of keys) {
    machine.step();
    refuseKey(value, key);
    parents.push(value);
    value = getIndex(value, key, machine);
  }
  let result = update(value);
  for (let level = keys.length - 1; level >= 0; level--)
    result = setIndex(parents[level] as Json, keys[level] as Json, result, machine);
  return result;
}

/** jq reads before it writes, except that a key of a wrong kind on the way is a write error only where reading allows it. */
function refuseKey(target: Json, key: Json): void {
  if (isJsonArray(target) && isJsonArray(key)) raise(`Cannot update field at array index of array`);
}

/** A copy of the root without what lies at the paths; deeper and later paths first, so that none shifts another. */
export function deletePaths(root: Json, paths: Json, machine: Machine): Json {
  if (!isJsonArray(paths)) return raise("Paths must be specified as an array");
  machine.chargeElements(paths.length);
  const sorted = paths.toSorted((a, b) => {
    machine.step();
    return compare(a, b, machine);
  });
  for (const path of sorted) checkedPath(path, `Path must be specified as array, not ${kindOf(path)}`);
  if (sorted.length === 0) return root;
  if ((sorted[0] as readonly Json[]).length === 0) return null;
  return deleteSorted(root, sorted as readonly (readonly Json[])[], 0, machine);
}

function deleteSorted(root: Json, paths: readonly (readonly Json[])[], start: number, machine: Machine): Json {
  if (paths.length === 1) return deleteOne(root, paths[0] as readonly Json[], start, machine);
  let target = root;
  const keys: Json[] = [];
  for (let first = 0; first < paths.length;) {
    machine.step();
    const path = paths[first] as readonly Json[];
    const key = path[start] as Json;
    let after = first + 1;
    while (after < paths.length && equals(key, (paths[after] as readonly Json[])[start] as Json, machine)) after++;
    if (path.length === start + 1) {
      keys.push(key);
    } else {
      const child = getIndex(target, key, machine);
      if (child !== null)
        target = setIndex(target, key, deleteSorted(child, paths.slice(first, after), start + 1, machine), machine);
    }
    first = after;
  }
  return deleteKeys(target, keys, machine);
}

/** A single path needs no recursion, so that it may be as long as jq allows. */
function deleteOne(root: Json, path: readonly Json[], start: number, machine: Machine): Json {
  const parents: Json[] = [];
  let value = root;
  for (let level = start; level < path.length - 1; level++) {
    machine.step();
    parents.push(value);
    value = getIndex(value, path[level] as Json, machine);
    if (value === null) return root;
  }
  let result = deleteKeys(value, [path.at(-1) as Json], machine);
  for (let level = parents.length - 1; level >= 0; level--)
    result = setIndex(parents[level] as Json, path[start + level] as Json, result, machine);
  return result;
}

/** A copy of a container without some of its keys, all counted in the original. */
export function deleteKeys(target: Json, keys: readonly Json[], machine: Machine): Json {
  if (target === null || keys.length === 0) return target;
  if (isJsonArray(target)) return deleteElements(target, keys, machine);
  if (isJsonObject(target)) return deleteFields(target, keys, machine);
  return raise(`Cannot delete fields from ${kindOf(target)}`);
}

function deleteElements(target: readonly Json[], keys: readonly Json[], machine: Machine): Json {
  const doomed = new Set<number>();
  for (const key of keys) {
    if (typeof key === "number") {
      const index = Math.trunc(key);
      doomed.add(index < 0 ? index + target.length : index);
    } else if (isJsonObject(key)) {
      const [start, end] = sliceBounds(key["start"] ?? null, key["end"] ?? null, target.length);
      machine.charge(end - start);
      for (let index = start; index < end; index++) doomed.add(index);
    } else {
      raise(`Cannot delete ${kindOf(key)} element of array`);
    }
  }
  machine.charge(1.5 * target.length);
  return target.filter((_item, index) => !doomed.has(index));
}

function deleteFields(target: JsonObject, keys: readonly Json[], machine: Machine): Json {
  const copy = copyObject(target, machine);
  for (const key of keys) {
    if (typeof key !== "string") return raise(`Cannot delete ${kindOf(key)} field of object`);
    delete copy[key];
  }
  return copy;
}
