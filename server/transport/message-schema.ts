import { type DescField, type DescMessage, getOption, ScalarType, toJson } from "@bufbuild/protobuf";
import { FieldRulesSchema, field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** A JSON Schema, as far as we write them. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** JSON Schemas of messages in their JSON form, for OpenAPI and for editors. `base` is what references begin with; `seen` gathers every message that is referred to. */
export class MessageSchemas {
  readonly #base: string;
  readonly #suffix: string;
  readonly #found = new Map<string, DescMessage>();

  constructor(base: string, suffix = "") {
    this.#base = base;
    this.#suffix = suffix;
  }

  /** A reference to a message; well-known types are written out. */
  reference(message: DescMessage): JsonSchema {
    const known = wellKnown[message.typeName];
    if (known !== undefined) return known;
    this.#found.set(message.typeName, message);
    return { $ref: `${this.#base}${message.typeName}${this.#suffix}` };
  }

  /** Schemas of all messages referred to so far, and of those they refer to. */
  all(): { readonly [name: string]: JsonSchema } {
    const schemas: { [name: string]: JsonSchema } = {};
    // A Map goes on over entries that are added meanwhile.
    for (const [name, message] of this.#found) schemas[name] = this.ofMessage(message);
    return schemas;
  }

  /** The schema of one message. */
  ofMessage(message: DescMessage): JsonSchema {
    const properties: { [name: string]: JsonSchema } = {};
    const required: string[] = [];
    for (const field of message.fields) {
      const rules = toJson(FieldRulesSchema, getOption(field, fieldRules)) as FieldRulesJson;
      properties[field.jsonName] = { ...this.#ofField(field), ...keywords(rules) };
      if (rules.required === true) required.push(field.jsonName);
    }
    return { type: "object", properties, ...(required.length === 0 ? {} : { required }) };
  }

  #ofField(field: DescField): JsonSchema {
    switch (field.fieldKind) {
      case "list":
        return { type: "array", items: this.#single(field) };
      case "map":
        return { type: "object", additionalProperties: this.#single(field) };
      case "scalar":
      case "enum":
      case "message":
        return this.#single(field);
    }
  }

  #single(field: DescField): JsonSchema {
    if (field.message !== undefined) return this.reference(field.message);
    if (field.enum !== undefined) return { type: "string", enum: field.enum.values.map((value) => value.name) };
    return scalars[field.scalar ?? ScalarType.STRING] ?? {};
  }
}

interface FieldRulesJson {
  readonly required?: boolean;
  readonly [type: string]: unknown;
}

/** The rules that JSON Schema can say; the server checks all of them. */
function keywords(rules: FieldRulesJson): JsonSchema {
  const names: { readonly [rule: string]: string } = {
    minLen: "minLength",
    maxLen: "maxLength",
    pattern: "pattern",
    const: "const",
    in: "enum",
    gte: "minimum",
    lte: "maximum",
    minItems: "minItems",
    maxItems: "maxItems",
  };
  const result: { [keyword: string]: unknown } = {};
  for (const type of ["string", "int32", "int64", "float", "repeated"]) {
    for (const [rule, value] of Object.entries((rules[type] as object | undefined) ?? {})) {
      const keyword = names[rule];
      if (keyword !== undefined) result[keyword] = isNumeric(keyword) ? Number(value) : value;
    }
  }
  return result;
}

function isNumeric(keyword: string): boolean {
  return keyword.startsWith("min") || keyword.startsWith("max");
}

const integer = { type: "integer" };
// 64 bit integers are texts in the JSON form of protobuf, since a double does not hold them; numbers are accepted.
const long = { type: ["string", "integer"], pattern: "^-?[0-9]+$" };
const scalars: { readonly [type in ScalarType]?: JsonSchema } = {
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BYTES]: { type: "string", contentEncoding: "base64" },
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.DOUBLE]: { type: "number" },
  [ScalarType.FLOAT]: { type: "number" },
  [ScalarType.INT32]: integer,
  [ScalarType.UINT32]: integer,
  [ScalarType.SINT32]: integer,
  [ScalarType.FIXED32]: integer,
  [ScalarType.SFIXED32]: integer,
  [ScalarType.INT64]: long,
  [ScalarType.UINT64]: long,
  [ScalarType.SINT64]: long,
  [ScalarType.FIXED64]: long,
  [ScalarType.SFIXED64]: long,
};

const wellKnown: { readonly [typeName: string]: JsonSchema | undefined } = {
  "google.protobuf.Value": {},
  "google.protobuf.Struct": { type: "object" },
  "google.protobuf.ListValue": { type: "array" },
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]+(\\.[0-9]+)?s$" },
  "google.protobuf.Empty": { type: "object" },
  "google.protobuf.Any": { type: "object" },
};
