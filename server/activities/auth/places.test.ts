import { request as forward } from "node:http";
import { Server, ServerCredentials, loadPackageDefinition, status } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import protobuf from "protobufjs";
import { WebSocketServer } from "ws";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityKind } from "@stigmer/core/protocol/command.ts";
import { a2aPeer } from "../testing/a2a-peer.ts";
import { faultOf, inlineResource, testContext, testHost } from "../testing/call.ts";
import { type HttpPeer, httpPeer, json } from "../testing/http-peer.ts";
import { mcpPeer } from "../testing/mcp-peer.ts";
import { type OAuthPeer, oauthClientSecret, oauthPeer } from "../testing/oauth-peer.ts";

/*
 * Every place that takes an authentication policy, with tokens of an authorization server that takes them back while runs use them: each place sends the token, renews it once, and gives up after that.
 */

const proto = 'syntax = "proto3"; package p; message M { string text = 1; } service S { rpc Call(M) returns (M); }';

let oauth: OAuthPeer;
let guarded: HttpPeer;
let socketPort: number;
let grpcPort: number;
/** Tokens that no longer count; `all` for a service that takes none. */
let revoked: Set<string> | "all" = new Set();
const closing: (() => unknown)[] = [];
const host = testHost();

function accepts(authorization: string | undefined): boolean {
  const token = /^Bearer (.+)$/u.exec(authorization ?? "")?.[1] ?? "";
  return revoked !== "all" && oauth.tokens.includes(token) && !revoked.has(token);
}

beforeAll(async () => {
  oauth = await oauthPeer();
  const mcp = await mcpPeer();
  const agent = await a2aPeer();
  // What is behind it: an MCP server and an agent by their paths, documents, and an echo of everything else.
  guarded = await httpPeer((request, response) => {
    if (!accepts(request.headers.authorization)) return json(response, {}, 401);
    const [, name = "", rest = ""] = /^\/(mcp|a2a)(.*)$/u.exec(request.url) ?? [];
    if (name !== "") {
      const origin = name === "mcp" ? mcp.origin : agent.origin;
      const { host: _host, ...headers } = request.headers;
      const through = forward(
        origin + (name === "mcp" ? "/mcp" : rest),
        { method: request.method, headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      return through.end(request.bytes);
    }
    if (request.url === "/card.json")
      return json(response, { name: "peer", url: `${guarded.origin}/a2a/rpc`, preferredTransport: "JSONRPC" });
    if (request.url === "/openapi.json")
      return json(response, {
        openapi: "3.0.0",
        servers: [{ url: guarded.origin }],
        paths: { "/x": { get: { operationId: "x" } } },
      });
    return json(response, { ok: true });
  });
  const sockets = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    verifyClient: ({ req }, answer) => answer(accepts(req.headers.authorization), 401),
  });
  await new Promise<void>((resolve) => {
    sockets.once("listening", resolve);
  });
  socketPort = (sockets.address() as { readonly port: number }).port;
  const root = new protobuf.Root();
  protobuf.parse(proto, root);
  const { p } = loadPackageDefinition(fromJSON(root.toJSON())) as unknown as { p: { S: { service: never } } };
  const server = new Server();
  server.addService(p.S.service, {
    Call: (
      call: { metadata: { get(name: string): unknown[] } },
      answer: (error: object | null, reply?: object) => void,
    ) =>
      accepts(String(call.metadata.get("authorization")[0]))
        ? answer(null, { text: "ok" })
        : answer({ code: status.UNAUTHENTICATED }),
  });
  grpcPort = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
  closing.push(
    () => server.forceShutdown(),
    () => sockets.close(),
    () => guarded.close(),
    () => mcp.close(),
    () => agent.close(),
    () => oauth.close(),
  );
});

beforeEach(() => {
  revoked = new Set();
});

afterAll(async () => {
  await host.close();
  for (const close of closing) await close();
});

const policies: Readonly<Record<string, () => JsonObject>> = {
  oauth2: () => ({
    oauth2: {
      authority: `${oauth.origin}/realm`,
      grant: "client_credentials",
      client: { id: "confidential", secret: oauthClientSecret },
    },
  }),
  oidc: () => ({
    oidc: {
      authority: `${oauth.origin}/realm`,
      grant: "client_credentials",
      client: { id: "confidential", secret: oauthClientSecret },
    },
  }),
};

/** An AsyncAPI document of one server. */
function asyncapi(protocol: string, port: number): JsonObject {
  return inlineResource({
    asyncapi: "3.0.0",
    servers: { main: { host: `127.0.0.1:${port}`, protocol } },
    channels: { x: { address: "x" } },
    operations: { send: { action: "send", channel: { $ref: "#/channels/x" } } },
  });
}

type Place = (authentication: JsonObject) => readonly [ActivityKind, JsonObject];

const hello = { message: { parts: [{ kind: "text", text: "hello" }] } };
const places: Readonly<Record<string, Place>> = {
  "an HTTP call": (authentication) => [
    "http",
    { method: "get", endpoint: { uri: `${guarded.origin}/x`, authentication } },
  ],
  "an external resource, as schemas and catalogs are": (authentication) => [
    "resource",
    { endpoint: { uri: `${guarded.origin}/schema.json`, authentication } },
  ],
  "an OpenAPI document and its call": (authentication) => [
    "openapi",
    {
      document: { endpoint: { uri: `${guarded.origin}/openapi.json`, authentication } },
      operationId: "x",
      authentication,
    },
  ],
  "AsyncAPI over http": (authentication) => [
    "asyncapi",
    { document: asyncapi("http", guarded.port), operation: "send", message: { payload: 1 }, authentication },
  ],
  "AsyncAPI over ws": (authentication) => [
    "asyncapi",
    { document: asyncapi("ws", socketPort), operation: "send", message: { payload: 1 }, authentication },
  ],
  "a gRPC service": (authentication) => [
    "grpc",
    {
      proto: inlineResource(proto, "text/x-protobuf"),
      service: { name: "S", host: "127.0.0.1", port: grpcPort, authentication },
      method: "Call",
    },
  ],
  "an MCP server": (authentication) => [
    "mcp",
    { transport: { http: { endpoint: { uri: `${guarded.origin}/mcp`, authentication } } }, method: "tools/list" },
  ],
  "an agent": (authentication) => [
    "a2a",
    { server: { uri: `${guarded.origin}/a2a/rpc`, authentication }, method: "message/send", parameters: hello },
  ],
  "an agent card and its agent": (authentication) => [
    "a2a",
    {
      agentCard: { endpoint: { uri: `${guarded.origin}/card.json`, authentication } },
      method: "message/send",
      parameters: hello,
    },
  ],
};

for (const [scheme, policy] of Object.entries(policies))
  describe(`${scheme} authentication of every place`, () => {
    it.each(Object.entries(places))("is sent to, and renewed once by, %s", async (_name, place) => {
      const [kind, input] = place(policy());
      await host.runner.run(kind, input, testContext());
      const before = oauth.tokens.length;
      revoked = new Set(oauth.tokens);
      await host.runner.run(kind, input, testContext());
      expect(oauth.tokens.length).toBe(before + 1);
    });

    it.each(Object.entries(places))("is given up by %s after one renewal", async (_name, place) => {
      revoked = "all";
      const before = oauth.tokens.length;
      const fault = await faultOf(host, ...place(policy()));
      expect(fault.status).toBe(401);
      // One renewal, and one token before it where none was left.
      expect(oauth.tokens.length - before).toBeLessThanOrEqual(2);
    });
  });
