import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { faultOf, inlineResource, testContext, testHost } from "../testing/call.ts";
import { type HttpPeer, httpPeer, json } from "../testing/http-peer.ts";
import { formPairs, headerText, pathText, styleOf, type ParameterStyle } from "./parameter-style.ts";

let peer: HttpPeer;
let swagger: JsonObject;
let openapi30: JsonObject;
let openapi31: JsonObject;
const host = testHost();

beforeAll(async () => {
  peer = await httpPeer((request, response) => {
    if (request.url === "/v2/swagger.json") return json(response, swagger);
    if (request.url === "/openapi.yaml") {
      response.writeHead(200, { "content-type": "application/yaml" });
      return response.end(stringify(openapi30));
    }
    if (request.url.startsWith("/v2/moved")) {
      response.writeHead(302, { location: "/v2/pet/1" });
      return response.end();
    }
    return json(response, { method: request.method, url: request.url, headers: request.headers, body: request.body });
  });
  swagger = {
    swagger: "2.0",
    host: `127.0.0.1:${peer.port}`,
    basePath: "/v2",
    schemes: ["https", "http"],
    consumes: ["application/json"],
    securityDefinitions: {
      key: { type: "apiKey", in: "query", name: "api_key" },
      header: { type: "apiKey", in: "header", name: "X-Api-Key" },
    },
    paths: {
      "/pet/{petId}": {
        parameters: [{ name: "petId", in: "path", required: true, type: "integer" }],
        get: { operationId: "getPetById" },
        post: {
          operationId: "updatePetWithForm",
          consumes: ["application/x-www-form-urlencoded"],
          parameters: [
            { name: "name", in: "formData", type: "string" },
            { name: "status", in: "formData", type: "string" },
          ],
        },
      },
      "/pet/{petId}/uploadImage": {
        post: {
          operationId: "uploadFile",
          consumes: ["multipart/form-data"],
          parameters: [
            { name: "petId", in: "path", required: true, type: "integer" },
            { name: "file", in: "formData", type: "file" },
          ],
        },
      },
      "/pet": { post: { operationId: "addPet", parameters: [{ $ref: "#/parameters/body" }] } },
      "/pet/findByStatus": {
        get: {
          operationId: "findPetsByStatus",
          parameters: [{ name: "status", in: "query", type: "array", collectionFormat: "multi", required: true }],
        },
      },
      "/pipes": {
        get: {
          operationId: "pipes",
          parameters: [{ name: "ids", in: "query", type: "array", collectionFormat: "pipes" }],
        },
      },
      "/keyed": { get: { operationId: "keyed", security: [{ key: [] }] } },
      "/keyed-header": { get: { operationId: "keyedHeader", security: [{ header: [] }] } },
      "/moved": { get: { operationId: "moved" } },
    },
    parameters: { body: { name: "pet", in: "body", required: true, schema: { type: "object" } } },
  };
  openapi30 = {
    openapi: "3.0.3",
    info: { title: "t", version: "1" },
    servers: [{ url: "/{version}/api", variables: { version: { default: "v3" } } }],
    components: {
      schemas: { Thing: { type: "object", properties: { name: { type: "string" }, size: { type: "integer" } } } },
      parameters: { Trace: { name: "X-Trace", in: "header", schema: { type: "string" } } },
      securitySchemes: {
        cookie: { type: "apiKey", in: "cookie", name: "session" },
        bearer: { type: "http", scheme: "bearer" },
      },
    },
    paths: {
      "/things/{id}": {
        put: {
          operationId: "putThing",
          parameters: [
            { name: "id", in: "path", required: true, style: "matrix", explode: true, schema: {} },
            { name: "filter", in: "query", style: "deepObject", explode: true, schema: { type: "object" } },
            { name: "tags", in: "query", style: "pipeDelimited", explode: false, schema: { type: "array" } },
            { name: "raw", in: "query", allowReserved: true, schema: { type: "string" } },
            { name: "json", in: "query", content: { "application/json": { schema: {} } } },
            { name: "kind", in: "query", required: true, schema: { type: "string", enum: ["only"] } },
            { name: "c", in: "cookie", schema: { type: "string" } },
            { $ref: "#/components/parameters/Trace" },
          ],
          requestBody: {
            required: true,
            content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } },
          },
        },
      },
      "/form": {
        post: {
          operationId: "form",
          requestBody: {
            content: {
              "application/x-www-form-urlencoded": {
                schema: { type: "object", properties: { a: {}, list: {} } },
                encoding: { list: { style: "spaceDelimited", explode: false }, a: { contentType: "application/json" } },
              },
            },
          },
        },
      },
      "/upload": {
        post: {
          operationId: "upload",
          requestBody: {
            content: {
              "multipart/form-data": {
                schema: {
                  type: "object",
                  properties: { file: { type: "string", format: "binary" }, meta: { type: "object" } },
                },
              },
            },
          },
        },
      },
      "/elsewhere": { servers: [{ url: "/other" }], get: { operationId: "elsewhere" } },
      "/cookie": { get: { operationId: "cookie", security: [{ cookie: [] }] } },
      "/either": { get: { operationId: "either", security: [{ cookie: [] }, { bearer: [] }] } },
    },
  };
  openapi31 = {
    openapi: "3.1.0",
    info: { title: "t", version: "1" },
    servers: [{ url: peer.origin }],
    paths: {
      "/upload": {
        post: {
          operationId: "upload31",
          requestBody: { content: { "text/plain": { schema: { type: ["string", "null"] } } } },
        },
      },
      "/q": {
        query: {},
        get: {
          operationId: "q",
          parameters: [
            { name: "id", in: "query", schema: { type: ["integer", "null"] } },
            { name: "id", in: "header", schema: {} },
          ],
        },
      },
    },
  };
});

afterAll(async () => {
  await host.close();
  await peer.close();
});

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

type Source = "2.0" | "3.0" | "3.1";

function documentOf(source: Source): JsonObject {
  if (source === "2.0") return { endpoint: `${peer.origin}/v2/swagger.json` };
  if (source === "3.0") return { endpoint: `${peer.origin}/openapi.yaml` };
  return inlineResource(openapi31);
}

async function call(source: Source, operationId: string, parameters: JsonObject, rest: JsonObject = {}): Promise<Echo> {
  return (await host.runner.run(
    "openapi",
    { document: documentOf(source), operationId, parameters, ...rest },
    testContext(),
  )) as unknown as Echo;
}

describe("openapi calls", () => {
  const cases: readonly {
    readonly source: Source;
    readonly operation: string;
    readonly parameters: JsonObject;
    readonly want: Partial<Echo>;
  }[] = [
    { source: "2.0", operation: "getPetById", parameters: { petId: 7 }, want: { method: "GET", url: "/v2/pet/7" } },
    {
      source: "2.0",
      operation: "findPetsByStatus",
      parameters: { status: ["available", "a b"] },
      want: { url: "/v2/pet/findByStatus?status=available&status=a%20b" },
    },
    {
      source: "2.0",
      operation: "findPetsByStatus",
      parameters: { status: "available" },
      want: { url: "/v2/pet/findByStatus?status=available" },
    },
    { source: "2.0", operation: "pipes", parameters: { ids: [1, 2] }, want: { url: "/v2/pipes?ids=1%7C2" } },
    {
      source: "2.0",
      operation: "addPet",
      parameters: { pet: { name: "x" } },
      want: { method: "POST", url: "/v2/pet", body: '{"name":"x"}' },
    },
    {
      source: "2.0",
      operation: "updatePetWithForm",
      parameters: { petId: 1, name: "a b", status: "s" },
      want: { body: "name=a%20b&status=s" },
    },
    {
      source: "3.0",
      operation: "putThing",
      parameters: {
        id: ["a", "b/c"],
        filter: { x: 1, y: { z: [2, 3] } },
        tags: ["p", "q"],
        raw: "a/b?c",
        json: { k: 1 },
        c: "v",
        "X-Trace": "t",
        body: { name: "n" },
      },
      want: {
        method: "PUT",
        url: "/v3/api/things/;id=a;id=b%2Fc?filter%5Bx%5D=1&filter%5By%5D%5Bz%5D=2&filter%5By%5D%5Bz%5D=3&tags=p%7Cq&raw=a/b?c&json=%7B%22k%22%3A1%7D&kind=only",
        body: '{"name":"n"}',
      },
    },
    {
      source: "3.0",
      operation: "putThing",
      parameters: { id: 1, name: "n", size: 2 },
      want: { url: "/v3/api/things/;id=1?kind=only", body: '{"name":"n","size":2}' },
    },
    {
      source: "3.0",
      operation: "form",
      parameters: { body: { a: { b: 1 }, list: [1, 2] } },
      want: { body: "a=%7B%22b%22%3A1%7D&list=1%202" },
    },
    { source: "3.0", operation: "elsewhere", parameters: {}, want: { url: "/other/elsewhere" } },
    { source: "3.1", operation: "upload31", parameters: { body: "plain" }, want: { url: "/upload", body: "plain" } },
    { source: "3.1", operation: "q", parameters: { "query.id": 1, "header.id": 2 }, want: { url: "/q?id=1" } },
  ];
  it.each(cases)("$source: calls $operation", async ({ source, operation, parameters, want }) => {
    expect(await call(source, operation, parameters)).toMatchObject(want);
  });

  it("puts headers and cookies where they belong", async () => {
    const { headers } = await call("3.0", "putThing", { id: 1, c: "v w", "X-Trace": "t", body: {} });
    expect(headers).toMatchObject({
      cookie: "c=v%20w",
      "x-trace": "t",
      "content-type": "application/json",
      "idempotency-key": "run-1/do/0/call/0",
    });
  });

  it("sends files as parts of a form", async () => {
    const two = await call("2.0", "uploadFile", { petId: 1, file: "content" });
    expect(two.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/u);
    expect(two.body).toContain('name="file"; filename="file"\r\ncontent-type: application/octet-stream\r\n\r\ncontent');
    const three = await call("3.0", "upload", {
      file: { content: "YWJj", encoding: "base64", filename: "a.bin" },
      meta: { a: 1 },
    });
    expect(three.body).toContain('filename="a.bin"\r\n\r\nabc');
    expect(three.body).toContain('name="meta"\r\ncontent-type: application/json\r\n\r\n{"a":1}');
  });

  it("honours output and redirect", async () => {
    expect(await call("2.0", "getPetById", { petId: 1 }, { output: "response" })).toMatchObject({
      statusCode: 200,
      content: { url: "/v2/pet/1" },
    });
    expect(await faultOf(host, "openapi", { document: documentOf("2.0"), operationId: "moved" })).toMatchObject({
      type: "communication",
      status: 302,
    });
    expect(await call("2.0", "moved", {}, { redirect: true })).toMatchObject({ url: "/v2/pet/1" });
  });

  it("puts the token of a policy where the operation wants its key", async () => {
    const authentication = { bearer: { token: "k+1" } };
    expect((await call("2.0", "keyed", {}, { authentication })).url).toBe("/v2/keyed?api_key=k%2B1");
    expect((await call("2.0", "keyedHeader", {}, { authentication })).headers).toMatchObject({ "x-api-key": "k+1" });
    expect((await call("3.0", "cookie", {}, { authentication })).headers["cookie"]).toBe("session=k%2B1");
    const { headers } = await call("3.0", "either", {}, { authentication });
    expect(headers["authorization"]).toBe("Bearer k+1");
  });

  const refused: readonly {
    readonly name: string;
    readonly document: () => JsonObject;
    readonly operation: string;
    readonly parameters?: JsonObject;
    readonly want: string;
  }[] = [
    {
      name: "an unknown operation, naming those there are",
      document: () => documentOf("2.0"),
      operation: "nope",
      want: "getPetById",
    },
    {
      name: "a missing path parameter",
      document: () => documentOf("2.0"),
      operation: "getPetById",
      want: 'path parameter "petId"',
    },
    {
      name: "a missing required query parameter",
      document: () => documentOf("2.0"),
      operation: "findPetsByStatus",
      want: "status",
    },
    {
      name: "a missing required body",
      document: () => documentOf("3.0"),
      operation: "putThing",
      parameters: { id: 1 },
      want: "body",
    },
    {
      name: "a parameter the operation does not have",
      document: () => documentOf("2.0"),
      operation: "getPetById",
      parameters: { petId: 1, extra: 1 },
      want: 'no parameter "extra"',
    },
    {
      name: "a document that is none",
      document: () => inlineResource("hello", "text/plain"),
      operation: "x",
      want: "neither JSON nor YAML",
    },
    { name: "another version", document: () => inlineResource({ openapi: "4.0.0" }), operation: "x", want: "4.0.0" },
    {
      name: "a relative reference of a document without an address",
      document: () => inlineResource({ openapi: "3.0.0", paths: { "/x": { $ref: "other.yaml#/x" } } }),
      operation: "x",
      want: "no address of its own",
    },
    {
      name: "references in a circle",
      document: () => inlineResource({ openapi: "3.0.0", paths: { "/x": { $ref: "#/paths/~1x" } } }),
      operation: "x",
      want: "circles",
    },
    {
      name: "a relative server of a document without an address",
      document: () => inlineResource({ openapi: "3.0.0", paths: { "/x": { get: { operationId: "x" } } } }),
      operation: "x",
      want: "relative",
    },
  ];
  it.each(refused)("refuses $name", async ({ document, operation, parameters, want }) => {
    const fault = await faultOf(host, "openapi", {
      document: document(),
      operationId: operation,
      ...(parameters === undefined ? {} : { parameters }),
    });
    expect(fault.type).toBe("configuration");
    expect(fault.detail).toContain(want);
  });
});

describe("parameter styles", () => {
  const list: Json = ["blue", "black"];
  const object: Json = { R: 100, G: 200 };
  const style = (name: ParameterStyle["style"], explode: boolean): ParameterStyle => ({
    style: name,
    explode,
    allowReserved: false,
  });
  const paths: readonly (readonly [ParameterStyle["style"], boolean, Json, string])[] = [
    ["simple", false, list, "blue,black"],
    ["simple", false, object, "R,100,G,200"],
    ["simple", true, object, "R=100,G=200"],
    ["label", false, list, ".blue,black"],
    ["label", true, list, ".blue.black"],
    ["label", true, object, ".R=100.G=200"],
    ["matrix", false, list, ";color=blue,black"],
    ["matrix", true, list, ";color=blue;color=black"],
    ["matrix", false, object, ";color=R,100,G,200"],
    ["matrix", true, object, ";R=100;G=200"],
    ["matrix", true, "blue", ";color=blue"],
  ];
  it.each(paths)("path, %s, explode %s: %j", (name, explode, value, want) => {
    expect(pathText("color", value, style(name, explode))).toBe(want);
  });

  const queries: readonly (readonly [ParameterStyle["style"], boolean, Json, readonly string[]])[] = [
    ["form", true, list, ["color=blue", "color=black"]],
    ["form", false, list, ["color=blue,black"]],
    ["form", true, object, ["R=100", "G=200"]],
    ["form", false, object, ["color=R,100,G,200"]],
    ["spaceDelimited", false, list, ["color=blue%20black"]],
    ["pipeDelimited", false, list, ["color=blue%7Cblack"]],
    ["tabDelimited", false, list, ["color=blue%09black"]],
    ["deepObject", true, object, ["color%5BR%5D=100", "color%5BG%5D=200"]],
    ["form", true, "a&b=c", ["color=a%26b%3Dc"]],
  ];
  it.each(queries)("query, %s, explode %s: %j", (name, explode, value, want) => {
    expect(formPairs("color", value, style(name, explode))).toEqual(want);
  });

  it("header: joins without encoding", () => {
    expect(headerText(["a b", "c"], style("simple", false))).toBe("a b,c");
    expect(headerText(object, style("simple", true))).toBe("R=100,G=200");
  });

  it("takes the defaults of each place", () => {
    expect(styleOf({ in: "query" }, "3.0")).toEqual({ style: "form", explode: true, allowReserved: false });
    expect(styleOf({ in: "path" }, "3.1")).toEqual({ style: "simple", explode: false, allowReserved: false });
    expect(styleOf({ in: "query", collectionFormat: "csv" }, "2.0")).toEqual({
      style: "form",
      explode: false,
      allowReserved: false,
    });
    expect(styleOf({ in: "header", collectionFormat: "csv" }, "2.0")).toMatchObject({ style: "simple" });
  });
});
