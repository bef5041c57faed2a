import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { Random } from "./random.ts";

/** The type of the events that a run of any workflow may listen to; their data is fixed, so that it does not matter which one is consumed. */
export const EVENT_TYPES = ["sim.red", "sim.green"] as const;

/** Events that come for one of several rooms: what is awaited of them is correlated. */
export const ROOM_TYPES = ["sim.door", "sim.window"] as const;

/** The rooms. */
export const ROOMS = [1, 2] as const;

/** The data of every event of a type. */
export function eventData(type: string): JsonObject {
  return { color: type.slice(4), n: type.length };
}

/** The data of an event of a room. */
export function roomData(type: string, room: number): JsonObject {
  return { kind: type.slice(4), room };
}

/** An event of some type with an id of its own. */
export function drawEvent(random: Random, count: number): JsonObject {
  const type = random.pick([...EVENT_TYPES, ...ROOM_TYPES]);
  const data: Json = type === "sim.red" || type === "sim.green" ? eventData(type) : roomData(type, random.pick(ROOMS));
  return { specversion: "1.0", id: `${type}/event-${String(count)}`, source: "sim", type, data };
}
