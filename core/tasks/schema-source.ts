import type { SchemaDefinition } from "../dsl/model.ts";
import { type SchemaValidator, compileSchema } from "../lib/json-schema/compile-schema.ts";
import { type EndpointSource, compileEndpoint } from "./endpoint.ts";
import type { Scope } from "./scope.ts";

/** A schema of the document: compiled, or to be fetched first. */
export type SchemaSource =
  | { readonly validate: SchemaValidator }
  | { readonly resource: EndpointSource; readonly name?: string; readonly pointer: string };

/** Compiles a schema that stands at a place below the scope (specification, section Schema). */
export function compileSchemaSource(
  source: SchemaDefinition,
  scope: Scope,
  ...segments: readonly string[]
): SchemaSource {
  const place = scope.at(...segments);
  const format = source.format ?? "json";
  if (format !== "json" && !format.startsWith("json:")) {
    throw place.error(
      `Cannot use schema format "${format}": it is not known, it should be "json" or "json:<version>"`,
      "format",
    );
  }
  if (source.resource === undefined) {
    return { validate: place.compile(["document"], () => compileSchema(source.document ?? {})) };
  }
  const { name, endpoint } = source.resource;
  const resource = compileEndpoint(endpoint, place.at("resource", "endpoint"));
  return { resource, pointer: place.pointer, ...(name === undefined ? {} : { name }) };
}
