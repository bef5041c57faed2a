import { connect as connectHttp2 } from "node:http2";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ApiError } from "../errors/api-error.ts";
import { type HttpRoute, jsonResponse } from "./http/http-route.ts";
import { startFixture, type TransportFixture } from "./transport-fixture.ts";

const routes: readonly HttpRoute[] = [
  {
    path: "/events",
    methods: ["POST"],
    handle: async (request) =>
      jsonResponse(202, {
        length: (await request.body()).length,
        type: request.headers["content-type"],
        query: request.query.get("q"),
      }),
  },
  {
    path: "/app/*",
    methods: ["GET"],
    handle: ({ path }) => ({
      status: 200,
      headers: { "content-type": "text/html", "content-security-policy": "own" },
      body: path,
    }),
  },
  { path: "/app/deep/*", methods: ["GET"], handle: () => ({ status: 200, body: "deep" }) },
  {
    path: "/stream",
    methods: ["GET"],
    handle: () => ({
      status: 200,
      body: (async function* () {
        yield Buffer.from("a");
        yield Buffer.from("b");
      })(),
    }),
  },
  {
    path: "/refused",
    methods: ["GET"],
    handle: () => {
      throw new ApiError("EVENT_INVALID", "Cannot read the event: no type");
    },
  },
  {
    path: "/failing",
    methods: ["GET"],
    handle: () => {
      throw new Error("secret detail");
    },
  },
];

let fixture: TransportFixture;
beforeAll(async () => {
  fixture = await startFixture({ routes, requestBytesMax: 1000, version: "1.2.3" });
});
afterAll(() => fixture.close());

const get = async (path: string, init?: RequestInit): Promise<{ status: number; text: string; headers: Headers }> => {
  const response = await fetch(fixture.url + path, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
};

describe("routes", () => {
  test.each([
    ["/app", "/app"],
    ["/app/", "/app/"],
    ["/app/x/y", "/app/x/y"],
    ["/app/deep/x", "deep"],
    ["/app/x?y=/app/deep/", "/app/x"],
    ["/stream", "ab"],
  ])("GET %s", async (path, text) => {
    expect(await get(path)).toMatchObject({ status: 200, text });
  });

  test("answers have security headers, which a route may replace", async () => {
    const { headers } = await get("/livez");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect((await get("/app/x")).headers.get("content-security-policy")).toBe("own");
  });

  test("HEAD has the headers and no body", async () => {
    const reply = await get("/app/x", { method: "HEAD" });
    expect(reply).toMatchObject({ status: 200, text: "" });
    expect(reply.headers.get("content-length")).toBe("6");
  });

  const posts: readonly [string, Uint8Array<ArrayBuffer>, Record<string, string>, number, string][] = [
    ["a body", new Uint8Array(10), {}, 202, `"length":10`],
    [
      "a compressed body",
      new Uint8Array(gzipSync(new Uint8Array(900))),
      { "content-encoding": "gzip" },
      202,
      `"length":900`,
    ],
    ["a body beyond the limit", new Uint8Array(1001), {}, 429, "REQUEST_TOO_LARGE"],
    [
      "a bomb",
      new Uint8Array(gzipSync(new Uint8Array(900_000))),
      { "content-encoding": "gzip" },
      429,
      "REQUEST_TOO_LARGE",
    ],
    ["a broken gzip", new Uint8Array(10), { "content-encoding": "gzip" }, 400, "REQUEST_MALFORMED"],
    ["an unknown encoding", new Uint8Array(10), { "content-encoding": "zip" }, 400, "REQUEST_MALFORMED"],
  ];
  test.each(posts)("POST of %s", async (_, body, headers, status, text) => {
    const reply = await get("/events?q=1", {
      method: "POST",
      body,
      headers: { "content-type": "application/cloudevents+json", ...headers },
    });
    expect(reply.status).toBe(status);
    expect(reply.text).toContain(text);
  });

  test.each([
    ["/nothing", "GET", 404],
    ["/events", "GET", 405],
    ["/livez", "DELETE", 405],
    ["/refused", "GET", 400],
    ["/failing", "GET", 500],
    ["/%00/../../etc/passwd", "GET", 404],
  ])("%s %s is answered with %i", async (path, method, status) => {
    const reply = await get(path, { method });
    expect(reply.status).toBe(status);
    expect(reply.text).not.toContain("secret detail");
    if (status === 405) expect(reply.headers.get("allow")).not.toBeNull();
  });

  test("routes answer over HTTP/2 too", async () => {
    const session = connectHttp2(fixture.url);
    const stream = session.request({ ":path": "/app/x" });
    let body = "";
    for await (const chunk of stream as AsyncIterable<Buffer>) body += chunk.toString();
    session.close();
    expect(body).toBe("/app/x");
  });
});

describe("descriptions", () => {
  interface OpenApi {
    readonly info: { readonly version: string };
    readonly paths: { readonly [path: string]: unknown };
    readonly components: {
      readonly schemas: { readonly [name: string]: { readonly properties: { readonly [name: string]: unknown } } };
    };
  }

  test("/openapi.json describes every unary method, and every reference in it leads somewhere", async () => {
    const { text } = await get("/openapi.json");
    const document = JSON.parse(text) as OpenApi;
    expect(document.info.version).toBe("1.2.3");
    expect(document.paths["/ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get"]).toBeDefined();
    expect(Object.keys(document.paths).filter((path) => path.includes("grpc.") || path.endsWith("/watch"))).toEqual([]);
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/gu)].map((match) => match[1] ?? "");
    expect(references.filter((name) => !Object.hasOwn(document.components.schemas, name))).toEqual([]);
    expect(document.components.schemas["ai.stigmer.agentic.workflow.v1.WorkflowDocument"]?.properties["dsl"]).toEqual({
      type: "string",
      pattern: String.raw`^1\.0\.[0-9]+$`,
    });
  });

  test("/schemas/ lists a schema for every message, each of which can be fetched", async () => {
    const { schemas } = JSON.parse((await get("/schemas/")).text) as { schemas: string[] };
    expect(schemas).toContain("/schemas/ai.stigmer.agentic.workflow.v1.Workflow.json");
    const schema = JSON.parse((await get("/schemas/ai.stigmer.agentic.workflow.v1.Workflow.json")).text) as {
      properties: Record<string, object>;
    };
    expect(schema.properties["spec"]).toEqual({ $ref: "/schemas/ai.stigmer.agentic.workflow.v1.WorkflowSpec.json" });
    expect((await get("/schemas/__proto__.json")).status).toBe(404);
  });
});
