import type { TaskDefinition } from "@stigmer/core/dsl/model.ts";
import { isJsonArray, isJsonObject, type Json } from "@stigmer/core/lib/json.ts";
import { eventData, ROOM_TYPES, ROOMS, roomData } from "./generated-events.ts";

/*
 * Values that the world decides: the oracle knows which they may be. They are texts that begin with a mark, so that they travel through the oracle's data flow like values; no generated
 * expression looks into them.
 */

const MARK = "\u0000any of ";
const REPEATED = "\u0000any number of ";

/** One of these values; any value at all where none is named. */
export function anyOf(values: readonly Json[]): Json {
  return `${MARK}${JSON.stringify(values)}`;
}

type ListenTask = Extract<TaskDefinition, { readonly listen: unknown }>;

/** The events that a generated listen task may take. */
export function heard({ listen: { to } }: ListenTask): Json {
  const filters = to.all ?? to.any ?? [to.one];
  const types = filters.map((filter) => String(filter?.with.type));
  if (to.all !== undefined) return inRooms(types) ? rooms(types) : anyOf(orders(types.map(eventData)));
  // How many come before the event that ends the listening is the world's affair.
  if (typeof to.until === "object") return `${REPEATED}${JSON.stringify(eventData(types[0] ?? ""))}`;
  if (types.length > 1) return anyOf(types.map((type) => [eventData(type)]));
  if (inRooms(types))
    return [roomData(types[0] ?? "", Number(/\d+/u.exec(filters[0]?.correlate?.["room"]?.expect ?? "")?.[0]))];
  const count = typeof to.until === "string" ? Number(/\d+/u.exec(to.until)?.[0]) : 1;
  return Array.from({ length: count }, () => eventData(types[0] ?? ""));
}

function inRooms(types: readonly string[]): boolean {
  return types.every((type) => ROOM_TYPES.some((known) => known === type));
}

/** Events of one room, whichever it is, in any order. */
function rooms(types: readonly string[]): Json {
  return anyOf(ROOMS.flatMap((room) => orders(types.map((type) => roomData(type, room)))));
}

function orders(events: readonly Json[]): readonly Json[] {
  return [[...events], [...events].reverse()];
}

/** Tells whether a value is one of those that were expected. */
export function matchesExpected(expected: Json, actual: Json): boolean {
  if (typeof expected === "string" && expected.startsWith(MARK)) {
    const values = JSON.parse(expected.slice(MARK.length)) as readonly Json[];
    return values.length === 0 || values.some((value) => matchesExpected(value, actual));
  }
  if (typeof expected === "string" && expected.startsWith(REPEATED)) {
    const value = JSON.parse(expected.slice(REPEATED.length)) as Json;
    return isJsonArray(actual) && actual.every((item) => matchesExpected(value, item));
  }
  if (isJsonArray(expected))
    return (
      isJsonArray(actual) &&
      expected.length === actual.length &&
      expected.every((item, index) => matchesExpected(item, actual[index] as Json))
    );
  if (!isJsonObject(expected)) return expected === actual;
  if (!isJsonObject(actual)) return false;
  const keys = Object.keys(expected);
  return (
    keys.length === Object.keys(actual).length &&
    keys.every((key) => Object.hasOwn(actual, key) && matchesExpected(expected[key] as Json, actual[key] as Json))
  );
}
