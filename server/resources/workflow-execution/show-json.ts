import type { JsonObject as ProtoJsonObject } from "@bufbuild/protobuf";
import type { Value } from "@bufbuild/protobuf/wkt";
import { isJsonArray, isJsonObject, type Json, setKey } from "@stigmer/core/lib/json.ts";
import { hasSecretMarker, replaceSecretMarkers } from "@stigmer/core/lib/secret-marker.ts";
import { JsonValue } from "../../pipeline/json-value.ts";
import { REDACTED } from "../sealed-values.ts";
import { valueOfJson } from "./value-json.ts";

/** A value of a run as callers may see it: where a secret was used, the placeholder stands. */
export function shownJson(value: Json): Json {
  if (typeof value === "string") return withoutMarkers(value);
  if (isJsonArray(value)) return value.map(shownJson);
  if (!isJsonObject(value)) return value;
  const shown: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) setKey(shown, key, shownJson(item));
  return shown;
}

function withoutMarkers(text: string): string {
  return hasSecretMarker(text) ? replaceSecretMarkers(text, () => REDACTED) : text;
}

/** The same as a protobuf value. */
export function shownValue(value: Json): Value {
  return valueOfJson(value, withoutMarkers);
}

/** The same of a value written as JSON, which stays text where no secret was used. */
export function shownText(text: string): Value {
  return hasSecretMarker(text) ? shownValue(JSON.parse(text) as Json) : JsonValue.ofText(text);
}

/** The same as a protobuf struct; undefined for anything but an object, which a struct cannot hold. */
export function shownStruct(value: Json | undefined): ProtoJsonObject | undefined {
  return isJsonObject(value) ? (shownJson(value) as ProtoJsonObject) : undefined;
}
