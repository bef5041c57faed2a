import { type JsonValue, fromJson, toJson } from "@bufbuild/protobuf";
import { type Value, ValueSchema } from "@bufbuild/protobuf/wkt";
import type { Json } from "@stigmer/core/lib/json.ts";

/** JSON as the API carries it. */
export function protoValue(value: Json): Value {
  return fromJson(ValueSchema, value as JsonValue);
}

/** What the API carries as JSON; nothing at all is null. */
export function jsonOfValue(value: Value | undefined): Json {
  return value === undefined ? null : (toJson(ValueSchema, value) as Json);
}
