import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject, jsonEquals } from "@stigmer/core/lib/json.ts";
import { getAtPointer } from "@stigmer/core/lib/json-pointer.ts";

/*
 * Which properties and enum values of the specification's JSON Schema documents use. A document is walked together with the schema; of alternatives, those count whose required keys, types and
 * constants the value has.
 */

/** Properties and enum values of a schema by pointer, each enum value as `<pointer>=<value>`. */
export interface SchemaPlaces {
  readonly properties: ReadonlySet<string>;
  readonly enumValues: ReadonlySet<string>;
}

/** All places of a schema. */
export function schemaPlaces(schema: Json): SchemaPlaces {
  const properties = new Set<string>();
  const enumValues = new Set<string>();
  const walk = (node: Json, pointer: string): void => {
    if (isJsonArray(node)) {
      for (const [index, item] of node.entries()) walk(item, `${pointer}/${index}`);
      return;
    }
    if (!isJsonObject(node)) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === "properties" && isJsonObject(value)) {
        for (const [name, property] of Object.entries(value)) {
          properties.add(`${pointer}/properties/${name}`);
          walk(property, `${pointer}/properties/${name}`);
        }
      } else if (key === "enum" && isJsonArray(value)) {
        for (const item of value) enumValues.add(`${pointer}=${String(item)}`);
      } else {
        walk(value, `${pointer}/${key}`);
      }
    }
  };
  walk(schema, "");
  return { properties, enumValues };
}

/** Collects what documents use of a schema. */
export class SchemaCoverage {
  readonly #schema: Json;
  readonly #used = new Set<string>();

  constructor(schema: Json) {
    this.#schema = schema;
  }

  /** Places used so far, in the notation of {@link SchemaPlaces}. */
  get used(): ReadonlySet<string> {
    return this.#used;
  }

  /** Adds what a value uses of the schema at a pointer (default: of the whole). */
  add(value: Json, pointer = ""): void {
    const node = getAtPointer(this.#schema, pointer);
    if (!isJsonObject(node)) return;
    const reference = node["$ref"];
    if (typeof reference === "string") this.add(value, reference.slice(1));
    this.#addProperties(node, value, pointer);
    this.#addItems(node, value, pointer);
    for (const item of (node["enum"] as readonly Json[] | undefined) ?? [])
      if (jsonEquals(item, value)) this.#used.add(`${pointer}=${String(item)}`);
    for (const keyword of ["allOf", "oneOf", "anyOf"]) {
      for (const [index, branch] of ((node[keyword] as readonly Json[] | undefined) ?? []).entries()) {
        if (keyword === "allOf" || this.#fits(branch, value)) this.add(value, `${pointer}/${keyword}/${index}`);
        else this.#addExcluded(branch, value, `${pointer}/${keyword}/${index}`);
      }
    }
    for (const keyword of ["if", "then"])
      if (isJsonObject(node[keyword] as Json) && this.#fits(node["if"] as Json, value))
        this.add(value, `${pointer}/${keyword}`);
  }

  #addProperties(node: JsonObject, value: Json, pointer: string): void {
    if (!isJsonObject(value)) return;
    const properties = (node["properties"] ?? {}) as JsonObject;
    for (const [name, item] of Object.entries(value)) {
      if (Object.hasOwn(properties, name)) {
        this.#used.add(`${pointer}/properties/${name}`);
        this.add(item, `${pointer}/properties/${name}`);
      } else if (isJsonObject(node["additionalProperties"] as Json)) {
        this.add(item, `${pointer}/additionalProperties`);
      }
    }
    // `until: false` forbids a property: used wherever the property could be and is not.
    for (const [name, property] of Object.entries(properties))
      if (property === false && !Object.hasOwn(value, name)) this.#used.add(`${pointer}/properties/${name}`);
  }

  /** A value that a branch excludes is used by what is not taken by that branch because of it: `call: http` is no call of a function named "http". */
  #addExcluded(branch: Json, value: Json, pointer: string): void {
    if (!isJsonObject(branch) || !isJsonObject(value)) return;
    for (const [name, property] of Object.entries((branch["properties"] ?? {}) as JsonObject)) {
      const excluded =
        isJsonObject(property) && isJsonObject(property["not"] as Json)
          ? (property["not"] as JsonObject)["enum"]
          : undefined;
      const item = getKey(value, name);
      if (isJsonArray(excluded) && excluded.some((word) => word === item))
        this.#used.add(`${pointer}/properties/${name}/not=${String(item)}`);
    }
    for (const [index, below] of ((branch["allOf"] as readonly Json[] | undefined) ?? []).entries())
      this.#addExcluded(below, value, `${pointer}/allOf/${index}`);
  }

  #addItems(node: JsonObject, value: Json, pointer: string): void {
    if (isJsonArray(value) && isJsonObject(node["items"] as Json))
      for (const item of value) this.add(item, `${pointer}/items`);
  }

  /** Whether a value has what a branch asks for, as far as keys, types and constants tell. */
  #fits(branch: Json, value: Json): boolean {
    if (branch === false) return false;
    if (!isJsonObject(branch)) return true;
    const reference = branch["$ref"];
    if (typeof reference === "string" && !this.#fits(getAtPointer(this.#schema, reference.slice(1)) ?? true, value))
      return false;
    if (branch["const"] !== undefined && !jsonEquals(branch["const"], value)) return false;
    if (
      typeof branch["pattern"] === "string" &&
      typeof value === "string" &&
      !new RegExp(branch["pattern"], "u").test(value)
    )
      return false;
    if (typeof branch["type"] === "string" && !hasType(branch["type"], value)) return false;
    if (isJsonObject(value)) {
      for (const key of (branch["required"] as readonly string[] | undefined) ?? [])
        if (!Object.hasOwn(value, key)) return false;
      for (const [name, property] of Object.entries((branch["properties"] ?? {}) as JsonObject)) {
        const item = getKey(value, name);
        if (
          item !== undefined &&
          isJsonObject(property) &&
          property["const"] !== undefined &&
          !jsonEquals(property["const"], item)
        )
          return false;
        const excluded =
          isJsonObject(property) && isJsonObject(property["not"] as Json)
            ? (property["not"] as JsonObject)["enum"]
            : undefined;
        if (item !== undefined && isJsonArray(excluded) && excluded.some((word) => jsonEquals(word, item)))
          return false;
      }
    }
    const all = (branch["allOf"] as readonly Json[] | undefined) ?? [];
    const any = (branch["oneOf"] ?? branch["anyOf"]) as readonly Json[] | undefined;
    return (
      all.every((item) => this.#fits(item, value)) && (any === undefined || any.some((item) => this.#fits(item, value)))
    );
  }
}

function hasType(type: string, value: Json): boolean {
  switch (type) {
    case "object":
      return isJsonObject(value);
    case "array":
      return isJsonArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return type === typeof value;
  }
}
