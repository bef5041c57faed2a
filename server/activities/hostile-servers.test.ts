import { type Server, type Socket, createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityKind } from "@stigmer/core/protocol/command.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "./activity.ts";
import type { ActivityHost } from "./index.ts";
import { faultOf, inlineResource, testContext, testHost } from "./testing/call.ts";
import { httpPeer, json } from "./testing/http-peer.ts";

/*
 * Servers that answer slowly, wrongly, hugely, by halves or not at all, for every protocol: each becomes a fault of the specification with status and detail, within the limits of time and size, and the
 * process goes on. (A promise that rejects unseen, which would end the process, fails the whole file.)
 */

const BYTES_MAX = 200_000;
const limits = { responseBytesMax: BYTES_MAX, redirectsMax: 3 };
/** For servers that only the limit of time can end. */
const impatient = testHost({ http: { ...limits, timeoutMs: 400 } });
/** For those that something else has to end, however busy this machine is. */
const patient = testHost({ http: { ...limits, timeoutMs: 20_000 } });
const servers: Server[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(
    servers.splice(0).map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
        }),
    ),
  );
});

afterAll(() => Promise.all([impatient.close(), patient.close()]));

/** What a server does with a connection; `heard` is what came over it first. */
type Behaviour = (socket: Socket, heard: Buffer) => void;

async function hostile(behaviour: Behaviour, atOnce = false): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    if (atOnce) behaviour(socket, Buffer.alloc(0));
    else socket.once("data", (heard) => behaviour(socket, heard));
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as { readonly port: number }).port;
}

const endlessly = (socket: Socket, chunk: string | Buffer): void => {
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", more);
  more();
};

const slowly = (socket: Socket, chunk: string): void => {
  const timer = setInterval(() => socket.write(chunk), 20);
  socket.on("close", () => clearInterval(timer));
};

const head = (...headers: readonly string[]): string => ["HTTP/1.1 200 OK", ...headers, "", ""].join("\r\n");
const JSON_TYPE = "content-type: application/json";

interface Hostility {
  readonly name: string;
  readonly behaviour: Behaviour;
  /** Statuses that tell what happened. */
  readonly statuses: readonly number[];
}

function hostFor({ statuses }: Hostility): ActivityHost {
  return statuses.includes(504) ? impatient : patient;
}

const overHttp: readonly Hostility[] = [
  { name: "never answers", behaviour: () => {}, statuses: [504, 408] },
  { name: "hangs up", behaviour: (socket) => socket.destroy(), statuses: [502, 503] },
  {
    name: "answers by the byte",
    behaviour(socket) {
      socket.write(head(JSON_TYPE, "transfer-encoding: chunked"));
      slowly(socket, "1\r\n \r\n");
    },
    statuses: [504, 408],
  },
  {
    name: "answers with its headers only",
    behaviour: (socket) => socket.write(head(JSON_TYPE, "content-length: 10")),
    statuses: [504, 408],
  },
  {
    name: "answers by half",
    behaviour: (socket) => socket.end(`${head(JSON_TYPE, "content-length: 100")}{"a":`),
    statuses: [502],
  },
  {
    name: "answers without end",
    behaviour(socket) {
      socket.write(head(JSON_TYPE));
      endlessly(socket, "[".repeat(10_000));
    },
    statuses: [502],
  },
  {
    name: "sends headers without end",
    behaviour(socket) {
      socket.write("HTTP/1.1 200 OK\r\n");
      endlessly(socket, `x-a: ${"a".repeat(1000)}\r\n`);
    },
    statuses: [502],
  },
  { name: "answers no HTTP", behaviour: (socket) => socket.end("\u0000\u0001 hello\r\n\r\n"), statuses: [502] },
  {
    name: "sends chunks that are none",
    behaviour: (socket) => socket.end(`${head(JSON_TYPE, "transfer-encoding: chunked")}zz\r\nxx\r\n`),
    statuses: [502],
  },
  {
    name: "says JSON and sends HTML",
    behaviour: (socket) => socket.end(`${head(JSON_TYPE, "content-length: 6", "connection: close")}<html>`),
    statuses: [502],
  },
  {
    name: "sends a broken coding",
    behaviour: (socket) =>
      socket.end(`${head(JSON_TYPE, "content-encoding: gzip", "content-length: 4", "connection: close")}abcd`),
    statuses: [502],
  },
  {
    name: "sends a little that grows large",
    behaviour(socket) {
      const small = gzipSync(Buffer.alloc(BYTES_MAX * 50, " "));
      socket.write(head(JSON_TYPE, "content-encoding: gzip", `content-length: ${small.length}`, "connection: close"));
      socket.end(small);
    },
    statuses: [502],
  },
  {
    name: "redirects in a circle",
    behaviour: (socket) =>
      socket.end("HTTP/1.1 307 Back\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    statuses: [502, 307],
  },
];

/** The calls that speak HTTP, to a server at a port. */
const httpCalls: Readonly<Record<string, (port: number) => readonly [ActivityKind, JsonObject]>> = {
  http: (port) => ["http", { method: "get", endpoint: `http://127.0.0.1:${port}/`, redirect: true }],
  openapi: (port) => [
    "openapi",
    {
      document: inlineResource({
        openapi: "3.1.0",
        servers: [{ url: `http://127.0.0.1:${port}` }],
        paths: { "/": { get: { operationId: "x" } } },
      }),
      operationId: "x",
      redirect: true,
    },
  ],
  "a document": (port) => ["openapi", { document: { endpoint: `http://127.0.0.1:${port}/` }, operationId: "x" }],
  "a proto": (port) => [
    "grpc",
    {
      proto: { endpoint: `http://127.0.0.1:${port}/` },
      service: { name: "S", host: "127.0.0.1", port },
      method: "Call",
    },
  ],
  mcp: (port) => [
    "mcp",
    { transport: { http: { endpoint: `http://127.0.0.1:${port}/` } }, method: "tools/list", timeout: { seconds: 5 } },
  ],
  a2a: (port) => [
    "a2a",
    {
      server: `http://127.0.0.1:${port}/`,
      method: "message/send",
      parameters: { message: { parts: [{ kind: "text", text: "x" }] } },
    },
  ],
  "a token": (port) => [
    "http",
    {
      method: "get",
      endpoint: {
        uri: "http://127.0.0.1:1/",
        authentication: {
          oidc: {
            authority: `http://127.0.0.1:${port}`,
            grant: "client_credentials",
            client: { id: "c", secret: "s" },
          },
        },
      },
    },
  ],
};

/** Types that tell of a peer at fault; a document or a token that is no such thing has its own. */
const TYPES = ["communication", "timeout"];
const OTHERS: Readonly<Record<string, string>> = {
  "a document": "configuration",
  "a proto": "configuration",
  "a token": "authentication",
};

describe.each(Object.entries(httpCalls))("%s, from a server that", (name, call) => {
  it.each(overHttp)("$name", async (hostility) => {
    const { behaviour, statuses } = hostility;
    const fault = await faultOf(hostFor(hostility), ...call(await hostile(behaviour)));
    expect(fault.detail).not.toBe("");
    expect([...TYPES, OTHERS[name]]).toContain(fault.type);
    if (fault.type === "communication" || fault.type === "timeout") expect(statuses).toContain(fault.status);
  });
});

const garbage = Buffer.from("\u0001\u00ff\u0000 what is this\r\n\r\n".repeat(20), "latin1");
const onSockets: readonly (Hostility & { readonly atOnce: boolean })[] = [
  { name: "never answers", behaviour: () => {}, statuses: [504, 408, 502], atOnce: true },
  { name: "hangs up", behaviour: (socket) => socket.destroy(), statuses: [502, 503], atOnce: true },
  {
    name: "hangs up on the first word",
    behaviour: (socket) => socket.destroy(),
    statuses: [502, 503, 504],
    atOnce: false,
  },
  {
    name: "talks nonsense",
    behaviour: (socket) => socket.write(garbage),
    statuses: [500, 502, 503, 504, 408],
    atOnce: true,
  },
  {
    name: "answers with nonsense",
    behaviour: (socket) => socket.write(garbage),
    statuses: [500, 502, 503, 504, 408],
    atOnce: false,
  },
  {
    name: "talks nonsense without end",
    behaviour: (socket) => endlessly(socket, garbage),
    statuses: [500, 502, 503, 504, 408],
    atOnce: true,
  },
  {
    name: "speaks HTTP",
    behaviour: (socket) => socket.end(`${head("content-length: 2")}ok`),
    statuses: [500, 502, 503, 504, 408],
    atOnce: false,
  },
];

function asyncapi(protocol: string, port: number): JsonObject {
  return inlineResource({
    asyncapi: "3.0.0",
    servers: {
      main: {
        host: `127.0.0.1:${port}`,
        ...(protocol === "mqtt5" ? { protocol: "mqtt", protocolVersion: "5" } : { protocol }),
      },
    },
    channels: { x: { address: "x" } },
    operations: { it: { action: "send", channel: { $ref: "#/channels/x" } } },
  });
}

const brokers = ["ws", "kafka", "nats", "mqtt", "mqtt5", "amqp", "redis"];

describe.each(brokers)("asyncapi over %s, from a server that", (protocol) => {
  it.each(onSockets)("$name", async (hostility) => {
    const { behaviour, statuses, atOnce } = hostility;
    const host = hostFor(hostility);
    const document = asyncapi(protocol, await hostile(behaviour, atOnce));
    const published = await faultOf(host, "asyncapi", { document, operation: "it", message: { payload: 1 } });
    const consumed = await host.runner
      .consume({ document, operation: "it" }, testContext(), async () => {})
      .then(
        () => undefined,
        (error: unknown) => (error instanceof ActivityFault ? error.fault : undefined),
      );
    for (const fault of [published, consumed] as readonly (Fault | undefined)[]) {
      expect(fault?.type).toBe("communication");
      expect(statuses).toContain(fault?.status);
      expect(fault?.detail).not.toBe("");
    }
  });
});

describe("grpc, from a server that", () => {
  it.each(onSockets)("$name", async (hostility) => {
    const { behaviour, statuses, atOnce } = hostility;
    const fault = await faultOf(hostFor(hostility), "grpc", {
      proto: inlineResource(
        'syntax = "proto3"; message M {} service S { rpc Call(M) returns (M); }',
        "text/x-protobuf",
      ),
      service: { name: "S", host: "127.0.0.1", port: await hostile(behaviour, atOnce) },
      method: "Call",
    });
    expect(TYPES).toContain(fault.type);
    expect(statuses).toContain(fault.status);
  });
});

it("the process still calls servers that behave", async () => {
  const peer = await httpPeer((_request, response) => json(response, { fine: true }));
  expect(await patient.runner.run("http", { method: "get", endpoint: peer.origin }, testContext())).toEqual({
    fine: true,
  });
  await peer.close();
});
