import { type JsonObject, getKey } from "@stigmer/core/lib/json.ts";

/** What makes a CloudEvent the same event (CloudEvents 1.0: source and id); undefined for an event without an id, which can not be recognised again. */
export function eventIdentity(event: JsonObject): string | undefined {
  const id = getKey(event, "id");
  const source = getKey(event, "source");
  return typeof id === "string" && id !== "" ? `${typeof source === "string" ? source : ""}\n${id}` : undefined;
}
