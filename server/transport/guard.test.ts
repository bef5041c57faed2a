import { request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { HostGuard, isLoopback } from "./interceptors/host-origin.ts";
import { startFixture, type TransportFixture } from "./transport-fixture.ts";

const GET = "/ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get";
const CREATE = "/ai.stigmer.agentic.workflow.v1.WorkflowCommandController/create";
const KiB = 1024;

let fixture: TransportFixture;
beforeAll(async () => {
  fixture = await startFixture({
    requestBytesMax: 64 * KiB,
    allowedHosts: ["stigmer.test"],
    allowedOrigins: ["https://app.test"],
  });
});
afterAll(() => fixture.close());

interface Reply {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

function http1(
  path: string,
  headers: Record<string, string>,
  method = "POST",
  body: string | Buffer = `{"value":"wfl-1"}`,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: "127.0.0.1", port: fixture.port, path, method, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on("error", reject);
    request.end(method === "GET" || method === "OPTIONS" ? undefined : body);
  });
}

async function http2(path: string, headers: Record<string, string>): Promise<Reply> {
  const session = connectHttp2(fixture.url);
  try {
    const stream = session.request({ ":method": "POST", ":path": path, ...headers });
    const head = new Promise<Record<string, unknown>>((resolve) => stream.once("response", resolve));
    stream.end(`{"value":"wfl-1"}`);
    let body = "";
    for await (const chunk of stream as AsyncIterable<Buffer>) body += chunk.toString();
    const response = await head;
    return { status: Number(response[":status"]), headers: response, body };
  } finally {
    session.close();
  }
}

const json = { "content-type": "application/json" };

describe("Host and Origin", () => {
  const hosts: readonly [string, number][] = [
    ["127.0.0.1", 200],
    ["127.0.0.1:1", 200],
    ["localhost:7234", 200],
    ["LOCALHOST", 200],
    ["[::1]:7234", 200],
    ["stigmer.test:80", 200],
    ["evil.test", 403],
    ["localhost.evil.test", 403],
    ["127.0.0.1.evil.test", 403],
    ["evil.test:127", 403],
    ["192.168.1.1", 403],
    ["127.0.0.1@evil.test", 403],
  ];
  test.each(hosts)("host %j gets %i, for calls and for routes, in both versions of HTTP", async (host, status) => {
    expect((await http1(GET, { ...json, host })).status).toBe(status);
    expect((await http1("/livez", { host }, "GET")).status).toBe(status);
    expect((await http2(GET, { ...json, ":authority": host })).status).toBe(status);
  });

  const origins: readonly [string, number][] = [
    ["http://127.0.0.1:9", 200],
    ["https://app.test", 200],
    ["https://evil.test", 403],
    ["null", 403],
    ["http://127.0.0.1:10", 403],
    ["https://app.test.evil.test", 403],
  ];
  test.each(origins)("origin %j gets %i", async (origin, status) => {
    const before = fixture.calls.length;
    expect((await http1(GET, { ...json, host: "127.0.0.1:9", origin })).status).toBe(status);
    expect((await http2(GET, { ...json, ":authority": "127.0.0.1:9", origin })).status).toBe(status);
    expect(fixture.calls.length - before).toBe(status === 200 ? 2 : 0);
  });

  test("only a page of an allowed origin may read the answer", async () => {
    const allowed = await http1(GET, { ...json, origin: "https://app.test" });
    expect(allowed.headers["access-control-allow-origin"]).toBe("https://app.test");
    const own = await http1(GET, json);
    expect(own.headers["access-control-allow-origin"]).toBeUndefined();
    const preflight = await http1(
      GET,
      { origin: "https://app.test", "access-control-request-method": "POST" },
      "OPTIONS",
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers["access-control-allow-methods"]).toContain("POST");
    expect(
      (await http1(GET, { origin: "https://evil.test", "access-control-request-method": "POST" }, "OPTIONS")).status,
    ).toBe(403);
  });

  test("a server bound to all addresses answers to any address and to no other name", () => {
    const guard = new HostGuard({ boundTo: "0.0.0.0", allowedHosts: [], allowedOrigins: [] });
    expect(() => guard.check("192.168.1.1:7234", undefined)).not.toThrow();
    expect(() => guard.check("evil.test", undefined)).toThrow(/evil\.test/u);
    expect(() => guard.check(undefined, undefined)).toThrow();
    expect(() => guard.check("", undefined)).toThrow();
    expect(() =>
      new HostGuard({ boundTo: "0.0.0.0", allowedHosts: ["*"], allowedOrigins: [] }).check("any.test", undefined),
    ).not.toThrow();
  });

  test.each([
    ["127.8.9.1", true],
    ["::1", true],
    ["localhost", true],
    ["0.0.0.0", false],
    ["10.0.0.1", false],
    ["::", false],
  ] as const)("isLoopback(%s)", (host, want) => {
    expect(isLoopback(host)).toBe(want);
  });
});

describe("sizes", () => {
  const bomb = JSON.stringify({ spec: { definition: "0".repeat(20_000 * KiB) } });
  const large = JSON.stringify({ spec: { definition: "0".repeat(70 * KiB) } });
  const small = JSON.stringify({ spec: { definition: "0".repeat(60 * KiB) } });
  const cases: readonly [string, string | Buffer, Record<string, string>, number][] = [
    ["below the limit", small, {}, 200],
    ["below the limit, gzip", gzipSync(small), { "content-encoding": "gzip" }, 200],
    ["above the limit", large, {}, 429],
    ["far above the limit", bomb, {}, 429],
    ["a gzip bomb", gzipSync(bomb), { "content-encoding": "gzip" }, 429],
    ["a brotli bomb", brotliCompressSync(bomb), { "content-encoding": "br" }, 429],
    ["something that is not gzip", small, { "content-encoding": "gzip" }, 400],
  ];
  test.each(cases)("%s", async (_, body, headers, status) => {
    const reply = await http1(
      CREATE,
      { ...json, ...headers, "content-length": String(Buffer.byteLength(body)) },
      "POST",
      body,
    );
    expect(reply.status).toBe(status);
    if (status === 429 && headers["content-encoding"] !== "br") expect(reply.body).toContain("limit-request-bytes");
  });

  test("headers above the limit are refused by the protocol", async () => {
    expect((await http1(GET, { ...json, "x-large": "0".repeat(20 * KiB) })).status).toBe(431);
  });

  test("HTTP/2 announces how many streams it takes", async () => {
    const session = connectHttp2(fixture.url);
    const settings = await new Promise<{ maxConcurrentStreams?: number; maxHeaderListSize?: number }>((resolve) =>
      session.once("remoteSettings", resolve),
    );
    session.destroy();
    expect(settings).toMatchObject({ maxConcurrentStreams: 128, maxHeaderListSize: 16 * KiB });
  });

  test("after an oversized call the server goes on", async () => {
    expect((await http1(GET, json)).status).toBe(200);
  });
});

describe("broken connections", () => {
  test.each([
    ["a TLS greeting", Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05])],
    ["the beginning of a preface and then nonsense", Buffer.from("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")],
    ["nonsense", Buffer.from("\u0000\u0001\u0002\r\n\r\n")],
  ])("%s does no harm", async (_, bytes) => {
    const socket = connectTcp(fixture.port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.on("error", () => undefined).resume();
    socket.write(bytes);
    await new Promise((resolve) => socket.once("close", resolve));
    expect((await http1("/livez", {}, "GET")).status).toBe(200);
  });

  test.each([
    ["PR", "I"],
    ["P", "RI"],
    ["PO", "ST"],
  ])("a head that arrives as %s and %s is still understood", async (first, second) => {
    const socket = connectTcp(fixture.port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.setNoDelay(true);
    const answer = new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(chunk.toString("latin1"))));
    await new Promise<void>((resolve) => socket.write(first, () => resolve()));
    const rest =
      second === "ST"
        ? " / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"
        : " * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000";
    socket.write(second + rest, "latin1");
    const head = (await answer).slice(0, 12);
    // A frame of HTTP/2 has its type in the fourth byte; 4 is SETTINGS.
    if (second === "ST") expect(head).toBe("HTTP/1.1 404");
    else expect(head.charCodeAt(3)).toBe(4);
    socket.destroy();
  });
});
