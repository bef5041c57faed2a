import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { faultOf, inlineResource, testContext, testHost } from "../testing/call.ts";
import { type HttpPeer, httpPeer, json } from "../testing/http-peer.ts";
import { relatedUri } from "./related-resources.ts";

/*
 * Documents in several files, over http and from the directory of files: what OpenAPI and AsyncAPI calls read, where from and with which credentials.
 */

let peer: HttpPeer;
let other: HttpPeer;
const outer = mkdtempSync(path.join(tmpdir(), "stigmer-linked-"));
const folder = path.join(outer, "files");
const host = testHost({ resources: { fileRoot: folder } });
const bearer = { bearer: { token: "t-0123456789" } };

/** An OpenAPI document whose one path is elsewhere. */
function openapi(pathItem: string, server: string): JsonObject {
  return { openapi: "3.1.0", servers: [{ url: server }], paths: { "/things/{id}": { $ref: pathItem } } };
}

const thing = {
  parameters: [{ $ref: "../parameters.yaml#/id" }],
  post: {
    operationId: "makeThing",
    parameters: [{ $ref: "#/components/parameters/trace" }],
    requestBody: { content: { "application/json": { schema: { $ref: "../schemas.json#/Thing" } } } },
    responses: { 200: { content: { "application/json": { schema: { $ref: "never-needed.yaml" } } } } },
  },
  components: { parameters: { trace: { name: "x-trace", in: "header", schema: { type: "string" } } } },
};
const parameters = { id: { name: "id", in: "path", required: true, schema: { type: "integer" } } };
// Thing is an object by way of a circle: each side refers to the other document.
const schemas = {
  Thing: { allOf: [{ $ref: "#/Named" }, { $ref: "api/thing.yaml#/x-again" }] },
  Named: { type: "object", properties: { name: {}, children: { items: { $ref: "#/Thing" } } } },
};

beforeAll(async () => {
  const documents: Record<string, () => Json> = {
    "/openapi.yaml": () => openapi("api/thing.yaml", peer.origin),
    "/moved/here.yaml": () => openapi("../api/thing.yaml", peer.origin),
    "/elsewhere.yaml": () => openapi(`${other.origin}/api/thing.yaml`, peer.origin),
    "/files.yaml": () => openapi("file:///api/thing.yaml", peer.origin),
    "/private.yaml": () => openapi("http://10.0.0.1/thing.yaml", peer.origin),
    "/lost.yaml": () => openapi("gone.yaml", peer.origin),
    "/broken.yaml": () => openapi("text.txt", peer.origin),
    "/pointer.yaml": () => openapi("api/thing.yaml#/nothing", peer.origin),
    "/circle.yaml": () => openapi("circle.yaml#/paths/~1things~1{id}", peer.origin),
    "/endless/0.yaml": () => openapi("1.yaml", peer.origin),
    "/api/thing.yaml": () => ({ ...thing, "x-again": { $ref: "../schemas.json#/Thing" } }),
    "/parameters.yaml": () => parameters,
    "/schemas.json": () => schemas,
    "/asyncapi.yaml": () => asyncapi("channels.yaml#/orders"),
    "/channels.yaml": () => ({
      orders: {
        address: "orders/{kind}",
        parameters: { kind: { $ref: "#/kind" } },
        messages: { placed: { $ref: "messages/placed.json" } },
      },
      kind: { default: "new" },
    }),
    "/messages/placed.json": () => ({ contentType: "text/plain" }),
  };
  const answer = (needsToken: boolean) => (request: { url: string; headers: object }, response: never) => {
    const { authorization } = request.headers as { readonly authorization?: string };
    if (needsToken && request.url.startsWith("/locked/") && authorization !== "Bearer t-0123456789")
      return json(response, {}, 401);
    const found = documents[request.url.replace("/locked", "")];
    if (found !== undefined) return json(response, found());
    const endless = /^\/endless\/(\d+)\.yaml$/u.exec(request.url)?.[1];
    if (endless !== undefined) return json(response, { $ref: `${Number(endless) + 1}.yaml` });
    if (request.url === "/redirected.yaml") return json(response, {}, 302, { location: "/moved/here.yaml" });
    if (request.url === "/text.txt") return json(response, "text");
    if (/^\/(?:things|orders)\//u.test(request.url))
      return json(response, { url: request.url, headers: request.headers });
    return json(response, {}, 404);
  };
  peer = await httpPeer(answer(true) as never);
  other = await httpPeer(answer(false) as never);
  mkdirSync(path.join(folder, "api"), { recursive: true });
  writeFileSync(path.join(outer, "beyond.yaml"), stringify(thing));
  for (const [name, document] of Object.entries({
    "openapi.yaml": openapi("api/thing.yaml", peer.origin),
    "outside.yaml": openapi("../../beyond.yaml", peer.origin),
    "network.yaml": openapi(`${peer.origin}/api/thing.yaml`, peer.origin),
    "api/thing.yaml": { ...thing, "x-again": {} },
    "parameters.yaml": parameters,
    "schemas.json": schemas,
  }))
    writeFileSync(path.join(folder, name), stringify(document));
});

beforeEach(() => {
  peer.received.length = 0;
  other.received.length = 0;
});

afterAll(async () => {
  await host.close();
  await peer.close();
  await other.close();
  rmSync(outer, { recursive: true });
});

function asyncapi(channel: string): JsonObject {
  return {
    asyncapi: "3.0.0",
    servers: { web: { host: `127.0.0.1:${peer.port}`, protocol: "http" } },
    operations: { place: { action: "send", channel: { $ref: channel } } },
  };
}

const call = (document: JsonObject, parametersOf: JsonObject = { id: 7, "x-trace": "abc", name: "n" }): JsonObject => ({
  document,
  operationId: "makeThing",
  parameters: parametersOf,
});

const run = async (document: JsonObject): Promise<Json> => host.runner.run("openapi", call(document), testContext());

describe("openapi with references into other documents", () => {
  const works: readonly { readonly name: string; readonly document: () => JsonObject }[] = [
    { name: "relative to the document's URL", document: () => ({ endpoint: `${peer.origin}/openapi.yaml` }) },
    { name: "relative to where a redirect led", document: () => ({ endpoint: `${peer.origin}/redirected.yaml` }) },
    { name: "at another host", document: () => ({ endpoint: `${peer.origin}/elsewhere.yaml` }) },
    {
      name: "absolute, from a document without an address",
      document: () => inlineResource(openapi(`${peer.origin}/api/thing.yaml`, peer.origin)),
    },
    { name: "of files", document: () => ({ endpoint: "file://openapi.yaml" }) },
    { name: "of files named without a scheme", document: () => ({ endpoint: "openapi.yaml" }) },
    { name: "from a file to the network", document: () => ({ endpoint: "network.yaml" }) },
  ];
  it.each(works)("follows references $name", async ({ document }) => {
    expect(await run(document())).toMatchObject({ url: "/things/7", headers: { "x-trace": "abc" } });
    expect(JSON.parse(peer.received.at(-1)?.body ?? "")).toEqual({ name: "n" });
  });

  it("fetches each document it needs once, and none it does not need", async () => {
    await run({ endpoint: `${peer.origin}/openapi.yaml` });
    expect(peer.received.map(({ url }) => url)).toEqual([
      "/openapi.yaml",
      "/api/thing.yaml",
      "/parameters.yaml",
      "/schemas.json",
      "/things/7",
    ]);
  });

  it("sends the document's credentials to its own origin only", async () => {
    const locked = (file: string): JsonObject => ({
      endpoint: { uri: `${peer.origin}/locked/${file}`, authentication: bearer },
    });
    expect(await run(locked("openapi.yaml"))).toMatchObject({ url: "/things/7" });
    await run(locked("elsewhere.yaml"));
    expect(other.received.map(({ url }) => url)).toContain("/api/thing.yaml");
    expect(other.received.map(({ headers }) => headers.authorization)).toEqual(other.received.map(() => undefined));
  });

  const refused: readonly { readonly name: string; readonly document: string; readonly want: object }[] = [
    {
      name: "a file, from a document of the network",
      document: "/files.yaml",
      want: { type: "configuration", detail: expect.stringContaining("http and https only") as string },
    },
    {
      name: "a private address",
      document: "/private.yaml",
      want: { type: "authorization", title: "Address not allowed" },
    },
    { name: "a document that is not there", document: "/lost.yaml", want: { type: "communication", status: 404 } },
    {
      name: "a pointer into nothing",
      document: "/pointer.yaml",
      want: { type: "configuration", detail: expect.stringContaining("leads nowhere") as string },
    },
    {
      name: "a circle",
      document: "/circle.yaml",
      want: { type: "configuration", detail: expect.stringContaining("circles") as string },
    },
    {
      name: "documents without end",
      document: "/endless/0.yaml",
      want: { type: "configuration", detail: expect.stringContaining("circles") as string },
    },
  ];
  it.each(refused)("refuses $name", async ({ document, want }) => {
    expect(await faultOf(host, "openapi", call({ endpoint: peer.origin + document }))).toMatchObject(want);
  });

  it("refuses files outside the directory", async () => {
    expect(await faultOf(host, "openapi", call({ endpoint: "outside.yaml" }))).toMatchObject({
      type: "configuration",
      title: "Resource not found",
    });
  });

  it("refuses more documents than a call may read", async () => {
    const answers = await httpPeer((_request, response) => json(response, { get: {} }));
    const names = Array.from({ length: 101 }, (_value, n) => `/p${n}`);
    const paths = Object.fromEntries(names.map((name) => [name, { $ref: answers.origin + name }]));
    const fault = await faultOf(host, "openapi", call(inlineResource({ openapi: "3.0.0", paths })));
    expect(fault).toMatchObject({ type: "configuration", title: "Unusable reference" });
    expect(fault.detail).toContain("more than 100");
    expect(answers.received).toHaveLength(100);
    await answers.close();
  });

  it("refuses documents that are too large together", async () => {
    const large = "x".repeat(3_500_000);
    const answers = await httpPeer((_request, response) => json(response, { get: {}, large }));
    const paths = Object.fromEntries([0, 1, 2, 3, 4].map((n) => [`/p${n}`, { $ref: `${answers.origin}/${n}` }]));
    const fault = await faultOf(host, "openapi", call(inlineResource({ openapi: "3.0.0", paths })));
    expect(fault.detail).toContain("characters together");
    await answers.close();
  });
});

describe("asyncapi with references into other documents", () => {
  it("follows references of channels, parameters and messages", async () => {
    await host.runner.run(
      "asyncapi",
      { document: { endpoint: `${peer.origin}/asyncapi.yaml` }, operation: "place", message: { payload: "hello" } },
      testContext(),
    );
    expect(peer.received.at(-1)).toMatchObject({ url: "/orders/new", body: "hello" });
    expect(peer.received.at(-1)?.headers["content-type"]).toBe("text/plain");
  });
});

describe("relatedUri", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["http://a/b/c.yaml", "d.yaml#/x", "http://a/b/d.yaml"],
    ["http://a/b/c.yaml", "/d.yaml", "http://a/d.yaml"],
    ["http://a/b/c.yaml", "//e/d.yaml?q", "http://e/d.yaml?q"],
    ["http://a/b/c.yaml", "#/x", "http://a/b/c.yaml"],
    ["file://app/c.yaml", "d.yaml", "file:///app/d.yaml"],
    ["app/c.yaml", "../d.yaml", "file:///d.yaml"],
    ["app/c.yaml", "../../../d.yaml", "file:///d.yaml"],
    ["app/c.yaml", "https://a/d.yaml#/x", "https://a/d.yaml"],
  ];
  it.each(cases)("of %s and %s is %s", (base, reference, want) => {
    expect(relatedUri(base, reference)).toBe(want);
  });
});
