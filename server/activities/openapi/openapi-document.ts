import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject } from "@stigmer/core/lib/json.ts";
import { configurationFault } from "../activity-arguments.ts";
import { LinkedDocument } from "../resource/linked-document.ts";
import { parseResource } from "../resource/resource-reader.ts";

/** The versions that differ in how they say things. */
export type OpenApiDialect = "2.0" | "3.0" | "3.1";

/** A parsed text; what it refers to belongs to a call (`linkOpenApi`). */
export interface OpenApiText {
  readonly dialect: OpenApiDialect;
  readonly root: JsonObject;
}

/** A document with what it refers to. */
export interface OpenApiDocument extends OpenApiText {
  readonly links: LinkedDocument;
}

/** An operation with what its path adds to it. */
export interface OpenApiOperation {
  readonly method: string;
  readonly path: string;
  readonly pathItem: JsonObject;
  readonly operation: JsonObject;
  /** Parameters of path and operation, references resolved; those of the operation replace those of the path. */
  readonly parameters: readonly JsonObject[];
}

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/** Parses an OpenAPI document, JSON or YAML; throws a configuration fault for anything that is none. */
export function parseOpenApi(content: string, mediaType: string): OpenApiText {
  const root = parseResource({ content, mediaType });
  if (!isJsonObject(root)) throw unusable("it is neither JSON nor YAML");
  if (getKey(root, "swagger") === "2.0") return { dialect: "2.0", root };
  const version = getKey(root, "openapi");
  if (typeof version === "string" && version.startsWith("3.0.")) return { dialect: "3.0", root };
  if (typeof version === "string" && version.startsWith("3.1.")) return { dialect: "3.1", root };
  throw unusable(
    `its version is ${JSON.stringify(version ?? getKey(root, "swagger") ?? null)}, it should be Swagger 2.0 or OpenAPI 3.0 or 3.1`,
  );
}

/** A document for one call, which came from `uri`: references are relative to it. */
export function linkOpenApi(text: OpenApiText, uri: string): OpenApiDocument {
  return { ...text, links: new LinkedDocument(uri, text.root, unusable) };
}

/** Finds an operation by its `operationId`. */
export function findOperation(document: OpenApiDocument, operationId: string): OpenApiOperation {
  const known: string[] = [];
  for (const [path, item] of Object.entries(objectAt(document.root, "paths"))) {
    const pathItem = resolve(document, item);
    for (const method of METHODS) {
      const operation = getKey(pathItem, method);
      if (!isJsonObject(operation)) continue;
      const id = getKey(operation, "operationId");
      if (id === operationId) {
        return {
          method: method.toUpperCase(),
          path,
          pathItem,
          operation,
          parameters: mergedParameters(document, pathItem, operation),
        };
      }
      if (typeof id === "string") known.push(id);
    }
  }
  const shown = known.length === 0 ? "it has none with an operationId" : `it has ${known.slice(0, 20).join(", ")}`;
  throw configurationFault(
    "Unknown operation",
    `Cannot find operation "${operationId}" in the OpenAPI document: ${shown}`,
  );
}

/** A value with its `$ref` followed, into other documents too. */
export function resolve(document: OpenApiDocument, value: Json | undefined): JsonObject {
  return document.links.follow(value);
}

/** An object member; absent or of another type gives the empty object. */
export function objectAt(source: JsonObject, name: string): JsonObject {
  const value = getKey(source, name);
  return isJsonObject(value) ? value : {};
}

/** An array member; absent or of another type gives the empty array. */
export function arrayAt(source: JsonObject, name: string): readonly Json[] {
  const value = getKey(source, name);
  return isJsonArray(value) ? value : [];
}

/** A text member, if it is one. */
export function textAt(source: JsonObject, name: string): string | undefined {
  const value = getKey(source, name);
  return typeof value === "string" ? value : undefined;
}

/** The fault of a document that cannot be used, to be thrown. */
export function unusable(problem: string): Error {
  return configurationFault("Unusable OpenAPI document", `Cannot use the OpenAPI document: ${problem}`);
}

function mergedParameters(
  document: OpenApiDocument,
  pathItem: JsonObject,
  operation: JsonObject,
): readonly JsonObject[] {
  const merged = new Map<string, JsonObject>();
  for (const source of [pathItem, operation]) {
    for (const item of arrayAt(source, "parameters")) {
      const parameter = resolve(document, item);
      merged.set(`${textAt(parameter, "in")}:${textAt(parameter, "name")}`, parameter);
    }
  }
  return [...merged.values()];
}
