import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject } from "../json.ts";
import { childPointer, parsePointer } from "../json-pointer.ts";
import { resolveUriReference } from "../uri-reference.ts";
import { SchemaCompileError } from "./schema-error.ts";

/** A schema resource: a schema with an identifier of its own (`$id`), and the anchors inside it. */
export interface SchemaResource {
  readonly uri: string;
  readonly root: Json;
  readonly rootPointer: string;
  readonly legacy: boolean;
  readonly anchors: Map<string, SchemaPlace>;
  readonly dynamicAnchors: Map<string, SchemaPlace>;
  readonly scanned: Set<Json>;
}

/** A subschema, the resource it belongs to, and its pointer in the document that was compiled (for messages). */
export interface SchemaPlace {
  readonly schema: Json;
  readonly resource: SchemaResource;
  readonly pointer: string;
}

/** Hands out a schema document by absolute URI without fragment; undefined where there is none. */
export type SchemaResolver = (uri: string) => Json | undefined;

/** Keywords whose value is data, in which `$id` and `$ref` mean nothing. */
const DATA_KEYWORDS = new Set(["const", "enum", "default", "examples"]);

/** Keywords whose value maps names to schemas: the names are no keywords. */
const MAP_KEYWORDS = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
  "dependencies",
]);

/** Keywords whose value is a schema or a list of schemas; `$id` is looked for nowhere else. */
const SCHEMA_KEYWORDS = new Set([
  "items",
  "prefixItems",
  "additionalItems",
  "contains",
  "additionalProperties",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
  "allOf",
  "anyOf",
  "oneOf",
  "not",
  "if",
  "then",
  "else",
  "contentSchema",
]);

const DEPTH_MAX = 128;

/** All resources known to one compilation, found by absolute URI. */
export class SchemaResources {
  readonly #byUri = new Map<string, SchemaResource>();
  readonly #resolve: SchemaResolver;

  constructor(resolve: SchemaResolver) {
    this.#resolve = resolve;
  }

  /** Registers a document and every resource embedded in it; `uri` is where it was found. */
  add(document: Json, uri: string, legacyByDefault = false): SchemaPlace {
    const dialect = isJsonObject(document) ? getKey(document, "$schema") : undefined;
    const legacy = typeof dialect === "string" ? /draft-0[3-7]/u.test(dialect) : legacyByDefault;
    const resource = this.#resourceFor(document, uri, "", legacy);
    if (!this.#byUri.has(uri)) this.#byUri.set(uri, resource);
    this.#scan(document, resource, "", 0);
    return { schema: document, resource, pointer: "" };
  }

  /** Finds what `reference` means inside `from`; throws where it leads nowhere. */
  find(reference: string, from: SchemaPlace): SchemaPlace {
    const absolute = resolveUriReference(from.resource.uri, reference);
    const hash = absolute.indexOf("#");
    const uri = hash < 0 ? absolute : absolute.slice(0, hash);
    const fragment = hash < 0 ? "" : decodeFragment(absolute.slice(hash + 1));
    const resource = this.#byUri.get(uri) ?? this.#fetched(uri, from.resource.legacy);
    if (resource === undefined) {
      throw new SchemaCompileError(`Cannot follow "${reference}": no schema has the identifier "${uri}"`, from.pointer);
    }
    const place = this.#inResource(resource, fragment);
    if (place === undefined) {
      throw new SchemaCompileError(`Cannot follow "${reference}": it leads nowhere in the schema`, from.pointer);
    }
    return place;
  }

  /** A document from outside speaks the dialect of the schema that refers to it unless it names its own. */
  #fetched(uri: string, legacy: boolean): SchemaResource | undefined {
    const document = this.#resolve(uri);
    if (document !== undefined) this.add(document, uri, legacy);
    return this.#byUri.get(uri);
  }

  #inResource(resource: SchemaResource, fragment: string): SchemaPlace | undefined {
    if (fragment !== "" && !fragment.startsWith("/")) {
      return resource.anchors.get(fragment) ?? resource.dynamicAnchors.get(fragment);
    }
    let current: Json | undefined = resource.root;
    let place: SchemaPlace = { schema: resource.root, resource, pointer: resource.rootPointer };
    for (const segment of parsePointer(fragment) ?? []) {
      if (isJsonArray(current)) current = current[Number(segment)];
      else if (isJsonObject(current)) current = getKey(current, segment);
      else return undefined;
      if (current === undefined) return undefined;
      // A pointer may lead into an embedded resource, whose own identifier then counts.
      const inner: SchemaResource = this.#embedded(current, place.resource) ?? place.resource;
      place = { schema: current, resource: inner, pointer: childPointer(place.pointer, segment) };
    }
    return place;
  }

  #embedded(schema: Json, parent: SchemaResource): SchemaResource | undefined {
    if (!isJsonObject(schema)) return undefined;
    const id = identifier(schema, parent.legacy);
    return id === undefined ? undefined : this.#byUri.get(withoutFragment(resolveUriReference(parent.uri, id)));
  }

  #resourceFor(schema: Json, base: string, pointer: string, legacy: boolean): SchemaResource {
    const id = isJsonObject(schema) ? identifier(schema, legacy) : undefined;
    const uri = id === undefined ? base : withoutFragment(resolveUriReference(base, id));
    const resource: SchemaResource = {
      uri,
      root: schema,
      rootPointer: pointer,
      legacy,
      anchors: new Map(),
      dynamicAnchors: new Map(),
      scanned: new Set(),
    };
    this.#byUri.set(uri, resource);
    return resource;
  }

  #scan(schema: Json, resource: SchemaResource, pointer: string, depth: number): void {
    if (depth > DEPTH_MAX) throw new SchemaCompileError("Cannot use the schema: it is nested too deeply", pointer);
    // A document with YAML aliases holds the same object many times over: once is enough.
    if (!isJsonObject(schema) || resource.scanned.has(schema)) return;
    resource.scanned.add(schema);
    this.#addAnchors(schema, resource, pointer);
    // In the older drafts everything beside `$ref` is ignored, identifiers included.
    if (resource.legacy && Object.hasOwn(schema, "$ref")) return;
    for (const [key, value] of Object.entries(schema)) {
      if (DATA_KEYWORDS.has(key)) continue;
      const at = childPointer(pointer, key);
      if (MAP_KEYWORDS.has(key) && isJsonObject(value)) {
        for (const [name, item] of Object.entries(value))
          this.#enter(item, resource, childPointer(at, name), depth + 2);
      } else if (SCHEMA_KEYWORDS.has(key)) {
        if (isJsonArray(value)) {
          for (const [index, item] of value.entries()) this.#enter(item, resource, childPointer(at, index), depth + 2);
        } else {
          this.#enter(value, resource, at, depth + 1);
        }
      }
    }
  }

  #enter(schema: Json, parent: SchemaResource, pointer: string, depth: number): void {
    if (!isJsonObject(schema)) return;
    const dialect = getKey(schema, "$schema");
    const legacy = typeof dialect === "string" ? /draft-0[3-7]/u.test(dialect) : parent.legacy;
    const own =
      identifier(schema, legacy) === undefined ? parent : this.#resourceFor(schema, parent.uri, pointer, legacy);
    this.#scan(schema, own, pointer, depth);
  }

  #addAnchors(schema: JsonObject, resource: SchemaResource, pointer: string): void {
    const place = { schema, resource, pointer };
    const anchor = getKey(schema, "$anchor");
    if (typeof anchor === "string") resource.anchors.set(anchor, place);
    const dynamic = getKey(schema, "$dynamicAnchor");
    if (typeof dynamic === "string") resource.dynamicAnchors.set(dynamic, place);
    const id = getKey(schema, "$id");
    if (resource.legacy && typeof id === "string" && id.startsWith("#")) resource.anchors.set(id.slice(1), place);
  }
}

/** The `$id` that starts a resource; a bare fragment is an anchor of the older drafts, and there a sibling of `$ref` is ignored. */
function identifier(schema: JsonObject, legacy: boolean): string | undefined {
  const id = getKey(schema, "$id");
  if (typeof id !== "string" || id.startsWith("#")) return undefined;
  return legacy && Object.hasOwn(schema, "$ref") ? undefined : id;
}

function withoutFragment(uri: string): string {
  const hash = uri.indexOf("#");
  return hash < 0 ? uri : uri.slice(0, hash);
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
