import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityKind } from "@stigmer/core/protocol/command.ts";
import { ActivityFault } from "./activity.ts";
import { inlineResource, testContext, testHost } from "./testing/call.ts";
import { type HttpPeer, httpPeer, json } from "./testing/http-peer.ts";
import { type OAuthPeer, oauthClientSecret, oauthPeer } from "./testing/oauth-peer.ts";

/*
 * The canary test: whatever protocol carries a secret, and however its peer gives it back, neither a result nor a fault nor a log line may hold it in any of its forms.
 */

const canary = "canary/\u00e4+0123456789==";
const secrets: JsonObject = {
  api: { token: canary, username: "user", password: canary },
  oauth: { client: "confidential", secret: oauthClientSecret },
};
const TOKEN = "\uE000api/token\uE001";

let peer: HttpPeer;
let oauth: OAuthPeer;
const logged: string[] = [];
const host = testHost({
  log: (...line) => void logged.push(JSON.stringify(line)),
  run: { allow: ["shell", "script"], sandbox: "none" },
});

beforeAll(async () => {
  oauth = await oauthPeer();
  peer = await httpPeer((request, response) => {
    const seen = JSON.stringify(request.headers) + request.url + request.body;
    const everything = {
      seen,
      base64: Buffer.from(seen).toString("base64"),
      encoded: encodeURIComponent(seen),
      echo: [request.headers, request.url, request.body],
    };
    const status = Number(/status=(\d+)/u.exec(request.url)?.[1] ?? 200);
    if (request.url.includes("rpc-error"))
      return json(response, { jsonrpc: "2.0", id: 1, error: { code: -1, message: seen, data: everything } });
    if (request.url.includes("/a2a")) return json(response, { jsonrpc: "2.0", id: 1, result: everything });
    return json(response, everything, status, {
      location: `/elsewhere?${new URLSearchParams({ canary })}`,
      "x-canary": encodeURIComponent(canary),
    });
  });
});

afterAll(async () => {
  await host.close();
  await peer.close();
  await oauth.close();
});

const openapi = (): JsonObject =>
  inlineResource({
    openapi: "3.1.0",
    servers: [{ url: peer.origin }],
    components: { securitySchemes: { key: { type: "apiKey", in: "query", name: "key" } } },
    paths: {
      "/{p}": {
        get: {
          operationId: "x",
          security: [{ key: [] }],
          parameters: [
            { name: "p", in: "path", required: true },
            { name: "q", in: "query" },
          ],
        },
      },
    },
  });
const asyncapi = (path: string): JsonObject =>
  inlineResource({
    asyncapi: "3.0.0",
    servers: { s: { host: peer.origin.slice(7), protocol: "http" } },
    channels: { c: { address: path } },
    operations: { o: { channel: { $ref: "#/channels/c" } } },
  });

const calls: readonly { readonly name: string; readonly kind: ActivityKind; readonly input: () => JsonObject }[] = [
  ...(["content", "response", "raw"] as const).map((output) => ({
    name: `http ${output}`,
    kind: "http" as const,
    input: () => ({
      method: "post",
      endpoint: { uri: `${peer.origin}/x`, authentication: { bearer: { token: TOKEN } } },
      headers: { "x-key": encodeURI("k") + "1" },
      query: { q: TOKEN },
      body: { b: `a ${TOKEN} b` },
      output,
    }),
  })),
  {
    name: "http error",
    kind: "http",
    input: () => ({ method: "post", endpoint: `${peer.origin}/x?status=500`, query: { q: TOKEN }, body: TOKEN }),
  },
  {
    name: "http redirect",
    kind: "http",
    input: () => ({ method: "get", endpoint: `${peer.origin}/x?status=302`, query: { q: TOKEN } }),
  },
  {
    name: "http basic",
    kind: "http",
    input: () => ({ method: "get", endpoint: { uri: `${peer.origin}/x`, authentication: { basic: { use: "api" } } } }),
  },
  {
    name: "http refused before it is sent",
    kind: "http",
    input: () => ({ method: "get", endpoint: `${peer.origin}/x`, headers: { "x-bad": `${TOKEN}\n` } }),
  },
  {
    name: "http in an unusable address",
    kind: "http",
    input: () => ({ method: "get", endpoint: `gopher://${TOKEN}/` }),
  },
  {
    name: "http of a name that does not resolve",
    kind: "http",
    input: () => ({ method: "get", endpoint: `${peer.origin}/%EE%80%80api%2Ftoken%EE%80%81?status=404` }),
  },
  {
    name: "oauth2",
    kind: "http",
    input: () => ({
      method: "get",
      endpoint: {
        uri: `${oauth.origin}/api`,
        authentication: {
          oauth2: {
            authority: `${oauth.origin}/realm`,
            grant: "client_credentials",
            client: { id: "c", secret: "\uE000oauth/secret\uE001" },
          },
        },
      },
    }),
  },
  {
    name: "openapi",
    kind: "openapi",
    input: () => ({
      document: openapi(),
      operationId: "x",
      parameters: { p: "a", q: TOKEN },
      authentication: { bearer: { use: "api" } },
    }),
  },
  {
    name: "openapi with a wrong parameter",
    kind: "openapi",
    input: () => ({ document: openapi(), operationId: "x", parameters: { p: TOKEN, [TOKEN]: 1 } }),
  },
  {
    name: "asyncapi",
    kind: "asyncapi",
    input: () => ({
      document: asyncapi("/x"),
      operation: "o",
      message: { payload: { t: TOKEN }, headers: { "x-key": "1" } },
    }),
  },
  {
    name: "asyncapi error",
    kind: "asyncapi",
    input: () => ({ document: asyncapi("/x?status=500"), operation: "o", message: { payload: { t: TOKEN } } }),
  },
  {
    name: "a2a",
    kind: "a2a",
    input: () => ({
      server: { uri: `${peer.origin}/a2a`, authentication: { bearer: { token: TOKEN } } },
      method: "tasks/get",
      parameters: { id: TOKEN },
    }),
  },
  {
    name: "a2a error",
    kind: "a2a",
    input: () => ({ server: `${peer.origin}/a2a/rpc-error`, method: "tasks/get", parameters: { id: TOKEN } }),
  },
  {
    name: "mcp",
    kind: "mcp",
    input: () => ({
      transport: {
        http: { endpoint: `${peer.origin}/x?status=500`, headers: { "x-key": "\uE000oauth/secret\uE001" } },
      },
      method: "tools/call",
      parameters: { name: TOKEN },
    }),
  },
  {
    name: "resource",
    kind: "resource",
    input: () => ({
      endpoint: { uri: `${peer.origin}/x?q=${encodeURIComponent("1")}`, authentication: { basic: { use: "api" } } },
    }),
  },
  {
    name: "shell",
    kind: "shell",
    input: () => ({
      command: 'echo "$1"; echo "$T" >&2; printf %s "$1" | base64; exit 3',
      arguments: [TOKEN],
      environment: { T: TOKEN },
    }),
  },
  {
    name: "shell result",
    kind: "shell",
    input: () => ({ command: 'cat; echo "$1"; printf %s "$1" | base64', arguments: [TOKEN], stdin: TOKEN }),
  },
  {
    name: "script that fails",
    kind: "script",
    input: () => ({ language: "js", code: `throw new Error(${JSON.stringify(TOKEN)})` }),
  },
  {
    name: "an unexpected argument",
    kind: "grpc",
    input: () => ({ proto: inlineResource(TOKEN), service: { name: TOKEN, host: TOKEN }, method: TOKEN }),
  },
  { name: "noop", kind: "noop", input: () => ({ value: { [TOKEN]: [TOKEN] } }) },
];

describe("secrets", () => {
  it.each(calls)("do not show after $name", async ({ kind, input }) => {
    let outcome: unknown;
    try {
      outcome = await host.runner.run(kind, input(), testContext({ secrets }));
    } catch (error) {
      if (!(error instanceof ActivityFault)) throw error;
      outcome = { fault: error.fault, message: error.message };
    }
    const text = JSON.stringify(outcome) + logged.join("\n");
    for (const secret of [canary, oauthClientSecret, ...oauth.tokens]) {
      for (const form of [
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        new URLSearchParams({ "": secret }).toString().slice(1),
        Buffer.from(secret).toString("base64"),
        Buffer.from(secret).toString("base64url"),
      ]) {
        expect(text).not.toContain(form);
      }
    }
    for (const run of text.match(/[\w+/-]{16,}={0,2}/gu) ?? [])
      expect(Buffer.from(run, "base64").toString("utf8")).not.toContain(canary);
  });
});
