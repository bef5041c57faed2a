import type { JsonObject as ProtoJsonObject } from "@bufbuild/protobuf";
import type { Value } from "@bufbuild/protobuf/wkt";
import { isJsonArray, isJsonObject, type Json, setKey } from "@stigmer/core/lib/json.ts";
import { hasSecretMarker, replaceSecretMarkers } from "@stigmer/core/lib/secret-marker.ts";
import { REDACTED } from "../sealed-values.ts";
import { valueOfJson } from "./value-json.ts";

/** A value of a run as callers may see it: where a secret was used, the placeholder stands. */
export function shownJson(value: Json): Json {
  if (typeof value === "string") return shownText(value);
  if (isJsonArray(value)) return value.map(shownJson);
  if (!isJsonObject(value)) return value;
  const shown: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) setKey(shown, key, shownJson(item));
  return shown;
}

function shownText(text: string): string {
  return hasSecretMarker(text) ? replaceSecretMarkers(text, () => REDACTED) : text;
}

/** The same as a protobuf value. */
export function shownValue(value: Json): Value {
  return valueOfJson(value, shownText);
}

/** The same as a protobuf struct; undefined for anything but an object, which a struct cannot hold. */
export function shownStruct(value: Json | undefined): ProtoJsonObject | undefined {
  return isJsonObject(value) ? (shownJson(value) as ProtoJsonObject) : undefined;
}
