import type { EventRead } from "../dsl/model.ts";
import { type Json, type JsonObject, getKey } from "../lib/json.ts";

/** A consumed event as the workflow gets it: its data, the whole envelope, or its data as a text (base64 where it is binary). */
export function readEvent(read: EventRead, event: JsonObject): Json {
  if (read === "envelope") return event;
  const data = getKey(event, "data") ?? getKey(event, "data_base64") ?? null;
  return read === "data" || typeof data === "string" || data === null ? data : JSON.stringify(data);
}
