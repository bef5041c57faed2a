import { getKey, isJsonArray, isJsonObject, type Json, jsonEquals, type JsonObject } from "@stigmer/core/lib/json.ts";

/** One difference of two definitions, by JSON pointer; of a removal the pointer before. */
export interface Change {
  readonly kind: "added" | "removed" | "changed" | "moved";
  readonly pointer: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** What changed from one definition to another, in the order of the definition. Tasks are compared by name, so that one inserted in front does not change all behind it. */
export function changesOf(before: Json, after: Json, pointer = ""): readonly Change[] {
  if (jsonEquals(before, after)) return [];
  if (isJsonObject(before) && isJsonObject(after)) return changesOfMembers(before, after, pointer);
  const listBefore = entriesOf(before);
  const listAfter = entriesOf(after);
  if (listBefore !== undefined && listAfter !== undefined) return changesOfTasks(listBefore, listAfter, pointer);
  if (isJsonArray(before) && isJsonArray(after)) return changesOfItems(before, after, pointer);
  return [{ kind: "changed", pointer, before, after }];
}

function changesOfMembers(before: JsonObject, after: JsonObject, pointer: string): readonly Change[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => changesOfOne(getKey(before, key), getKey(after, key), `${pointer}/${escaped(key)}`));
}

function changesOfItems(before: readonly Json[], after: readonly Json[], pointer: string): readonly Change[] {
  return Array.from({ length: Math.max(before.length, after.length) }).flatMap((_, index) =>
    changesOfOne(before[index], after[index], `${pointer}/${index}`),
  );
}

function changesOfOne(before: Json | undefined, after: Json | undefined, pointer: string): readonly Change[] {
  if (before === undefined) return after === undefined ? [] : [{ kind: "added", pointer, after }];
  return after === undefined ? [{ kind: "removed", pointer, before }] : changesOf(before, after, pointer);
}

interface Entry {
  readonly name: string;
  readonly body: Json;
  readonly index: number;
}

function changesOfTasks(before: readonly Entry[], after: readonly Entry[], pointer: string): readonly Change[] {
  const old = new Map(before.map((entry) => [entry.name, entry]));
  const names = new Set(after.map(({ name }) => name));
  const removed = before
    .filter(({ name }) => !names.has(name))
    .map(({ name, body, index }): Change => ({
      kind: "removed",
      pointer: `${pointer}/${index}/${escaped(name)}`,
      before: body,
    }));
  const kept = before.filter(({ name }) => names.has(name)).map(({ name }) => name);
  const order = after.filter(({ name }) => old.has(name)).map(({ name }) => name);
  const inOrder = longestCommon(kept, order);
  const rest = after.flatMap(({ name, body, index }): readonly Change[] => {
    const at = `${pointer}/${index}/${escaped(name)}`;
    const former = old.get(name);
    if (former === undefined) return [{ kind: "added", pointer: at, after: body }];
    const moved: readonly Change[] = inOrder.has(name) ? [] : [{ kind: "moved", pointer: at }];
    return [...moved, ...changesOf(former.body, body, at)];
  });
  return [...removed, ...rest];
}

/** A list of tasks: objects with one key each, no name twice. */
function entriesOf(value: Json): readonly Entry[] | undefined {
  if (!isJsonArray(value) || value.length === 0) return undefined;
  const entries: Entry[] = [];
  const names = new Set<string>();
  for (const [index, item] of value.entries()) {
    if (!isJsonObject(item)) return undefined;
    const [name, ...others] = Object.keys(item);
    if (name === undefined || others.length > 0 || names.has(name)) return undefined;
    names.add(name);
    entries.push({ name, body: item[name] as Json, index });
  }
  return entries;
}

/** Names that need not move: a longest ascending run of their old places in the new order. */
function longestCommon(before: readonly string[], after: readonly string[]): ReadonlySet<string> {
  const place = new Map(before.map((name, index) => [name, index]));
  const places = after.map((name) => place.get(name) as number);
  const tails: number[] = [];
  const previous: number[] = [];
  for (const [index, value] of places.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((places[tails[middle] as number] as number) < value) low = middle + 1;
      else high = middle;
    }
    previous[index] = low === 0 ? -1 : (tails[low - 1] as number);
    tails[low] = index;
  }
  const names = new Set<string>();
  for (let index = tails.at(-1) ?? -1; index >= 0; index = previous[index] as number) names.add(after[index] as string);
  return names;
}

function escaped(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
