import type { DescMessage } from "@bufbuild/protobuf";

import { type HttpRoute, jsonResponse } from "./http/http-route.ts";
import { type JsonSchema, MessageSchemas } from "./message-schema.ts";
import type { ServiceRegistry } from "./service-registry.ts";

/** The API as OpenAPI 3.1: every unary method is a POST of JSON. Streams are left out, since OpenAPI has no word for them. */
export function openApi(registry: ServiceRegistry, version: string): JsonSchema {
  const schemas = new MessageSchemas("#/components/schemas/");
  const paths: { [path: string]: JsonSchema } = {};
  for (const { method, path, isOpen } of registry.methods) {
    if (method.methodKind !== "unary" || isOpen) continue;
    const json = (message: DescMessage): JsonSchema => ({ "application/json": { schema: schemas.reference(message) } });
    paths[path] = {
      post: {
        operationId: `${method.parent.name}_${method.name}`,
        tags: [method.parent.typeName],
        requestBody: { required: true, content: json(method.input) },
        responses: {
          "200": { description: method.output.name, content: json(method.output) },
          default: {
            description: "Refused",
            content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
          },
        },
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Stigmer", version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    paths,
    components: { schemas: { ...schemas.all(), Error: errorSchema } },
  };
}

const errorSchema: JsonSchema = {
  type: "object",
  properties: {
    code: { type: "string" },
    message: { type: "string" },
    details: { type: "array", items: { type: "object" } },
  },
  required: ["code"],
};

/** `/openapi.json`, and `/schemas/<message>.json`: a JSON Schema of every message that can be sent or received. Both are made when first asked for. */
export function schemaRoutes(registry: ServiceRegistry, version: string): readonly HttpRoute[] {
  let document: JsonSchema | undefined;
  let byName: ReadonlyMap<string, JsonSchema> | undefined;
  return [
    {
      path: "/openapi.json",
      methods: ["GET"],
      handle: () => jsonResponse(200, (document ??= openApi(registry, version))),
    },
    {
      path: "/schemas/*",
      methods: ["GET"],
      handle: ({ path }) => {
        byName ??= allSchemas(registry);
        const name = path.slice("/schemas/".length).replace(/\.json$/u, "");
        if (name === "") return jsonResponse(200, { schemas: [...byName.keys()].map((key) => `/schemas/${key}.json`) });
        const schema = byName.get(name);
        if (schema === undefined)
          return jsonResponse(404, {
            code: "not_found",
            message: `Cannot find schema "${name.slice(0, 200)}": "/schemas/" lists all`,
          });
        return jsonResponse(200, schema, { "content-type": "application/schema+json" });
      },
    },
  ];
}

function allSchemas(registry: ServiceRegistry): ReadonlyMap<string, JsonSchema> {
  const schemas = new MessageSchemas("/schemas/", ".json");
  for (const { method } of registry.methods) {
    schemas.reference(method.input);
    schemas.reference(method.output);
  }
  const dialect = { $schema: "https://json-schema.org/draft/2020-12/schema" };
  return new Map(
    Object.entries(schemas.all()).map(([name, schema]) => [
      name,
      { ...dialect, $id: `/schemas/${name}.json`, title: name, ...schema },
    ]),
  );
}
