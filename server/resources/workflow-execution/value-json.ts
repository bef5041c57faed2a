import { type NullValue, type Struct, type Value } from "@bufbuild/protobuf/wkt";
import { isJsonArray, isJsonObject, type Json, setKey } from "@stigmer/core/lib/json.ts";
import { JsonValue } from "../../pipeline/json-value.ts";

/*
 * `google.protobuf.Value` to and from JSON. The general conversion of the protobuf library goes through reflection and costs several times as much; inputs and outputs of runs are the largest values
 * the server converts, and it converts them for every run.
 */

/** The JSON a value stands for; one without a kind is null. */
export function jsonOfValue(value: Value): Json {
  if (value instanceof JsonValue) return value.json;
  const { kind } = value;
  switch (kind.case) {
    case "structValue":
      return jsonOfStruct(kind.value);
    case "listValue":
      return kind.value.values.map(jsonOfValue);
    case "nullValue":
    case undefined:
      return null;
    default:
      return kind.value;
  }
}

function jsonOfStruct({ fields }: Struct): Json {
  const object: Record<string, Json> = {};
  for (const key of Object.keys(fields)) setKey(object, key, jsonOfValue(fields[key] as Value));
  return object;
}

/** The value that stands for JSON, each text as `shown` gives it. */
export function valueOfJson(json: Json, shown: (text: string) => string): Value {
  return { $typeName: "google.protobuf.Value", kind: kindOfJson(json, shown) };
}

function kindOfJson(json: Json, shown: (text: string) => string): Value["kind"] {
  if (typeof json === "string") return { case: "stringValue", value: shown(json) };
  if (typeof json === "number") return { case: "numberValue", value: json };
  if (typeof json === "boolean") return { case: "boolValue", value: json };
  if (isJsonArray(json)) {
    const values = json.map((item) => valueOfJson(item, shown));
    return { case: "listValue", value: { $typeName: "google.protobuf.ListValue", values } };
  }
  if (!isJsonObject(json)) return { case: "nullValue", value: 0 satisfies NullValue };
  const fields: Record<string, Value> = {};
  for (const key of Object.keys(json)) setKey(fields as never, key, valueOfJson(json[key] as Json, shown) as never);
  return { case: "structValue", value: { $typeName: "google.protobuf.Struct", fields } };
}
