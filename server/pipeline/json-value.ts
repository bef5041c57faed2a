import type { NullValue, Value } from "@bufbuild/protobuf/wkt";
import { isJsonArray, isJsonObject, type Json, setKey } from "@stigmer/core/lib/json.ts";

/**
 * A `google.protobuf.Value` that still is the JSON it stands for, as a value or as text. Inputs and outputs of runs are the largest values of the API, and nearly all come and go as JSON: only who looks at
 * `kind` pays for the tree of messages, level by level.
 */
export class JsonValue implements Value {
  readonly $typeName = "google.protobuf.Value";
  #json: Json | undefined;
  #text: string | undefined;
  #kind: Value["kind"] | undefined;

  private constructor(json: Json | undefined, text: string | undefined) {
    this.#json = json;
    this.#text = text;
  }

  /** The value that stands for JSON, which must not change any more. */
  static of(json: Json): JsonValue {
    return new JsonValue(json, undefined);
  }

  /** The value of a text that is known to be JSON; it is parsed when somebody looks into it. */
  static ofText(text: string): JsonValue {
    return new JsonValue(undefined, text);
  }

  get json(): Json {
    return (this.#json ??= this.#text === undefined ? null : (JSON.parse(this.#text) as Json));
  }

  get text(): string {
    return (this.#text ??= JSON.stringify(this.json));
  }

  get kind(): Value["kind"] {
    return (this.#kind ??= kindOf(this.json));
  }
}

function kindOf(json: Json): Value["kind"] {
  if (typeof json === "string") return { case: "stringValue", value: json };
  if (typeof json === "number") return { case: "numberValue", value: json };
  if (typeof json === "boolean") return { case: "boolValue", value: json };
  if (isJsonArray(json))
    return { case: "listValue", value: { $typeName: "google.protobuf.ListValue", values: json.map(JsonValue.of) } };
  if (!isJsonObject(json)) return { case: "nullValue", value: 0 satisfies NullValue };
  const fields: Record<string, Value> = {};
  for (const key of Object.keys(json)) setKey(fields as never, key, JsonValue.of(json[key] as Json) as never);
  return { case: "structValue", value: { $typeName: "google.protobuf.Struct", fields } };
}
