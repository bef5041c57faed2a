import { connect as connectHttp2 } from "node:http2";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { createStigmerClient } from "@stigmer/api/client.ts";
import { WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowIdSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/io_pb.ts";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@stigmer/api/gen/google/rpc/error_details_pb.ts";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startFixture, type TransportFixture } from "./transport-fixture.ts";

/* Every protocol, codec, compression and version of HTTP against the same expectations: the fast path and connect-node must not differ. */

let fixture: TransportFixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.close());

const GET = "/ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get";
const CREATE = "/ai.stigmer.agentic.workflow.v1.WorkflowCommandController/create";

const transports: readonly [string, () => Transport][] = [
  ["gRPC", () => createGrpcTransport({ baseUrl: fixture.url })],
  [
    "gRPC, gzip",
    () => createGrpcTransport({ baseUrl: fixture.url, compressMinBytes: 0, sendCompression: compressionGzip }),
  ],
  ["gRPC-Web, HTTP/1.1", () => createGrpcWebTransport({ baseUrl: fixture.url, httpVersion: "1.1" })],
  ["gRPC-Web, HTTP/2", () => createGrpcWebTransport({ baseUrl: fixture.url, httpVersion: "2" })],
  ["Connect proto, HTTP/1.1", () => createConnectTransport({ baseUrl: fixture.url, httpVersion: "1.1" })],
  ["Connect proto, HTTP/2", () => createConnectTransport({ baseUrl: fixture.url, httpVersion: "2" })],
  [
    "Connect JSON, HTTP/1.1",
    () => createConnectTransport({ baseUrl: fixture.url, httpVersion: "1.1", useBinaryFormat: false }),
  ],
  [
    "Connect JSON, HTTP/2",
    () => createConnectTransport({ baseUrl: fixture.url, httpVersion: "2", useBinaryFormat: false }),
  ],
  [
    "Connect JSON, HTTP/2, gzip",
    () =>
      createConnectTransport({
        baseUrl: fixture.url,
        httpVersion: "2",
        useBinaryFormat: false,
        compressMinBytes: 0,
        sendCompression: compressionGzip,
      }),
  ],
];

describe.each(transports)("%s", (_, makeTransport) => {
  const client = () => createStigmerClient(makeTransport());

  test("answers a unary call", async () => {
    const workflow = await client().workflow.query.get({ value: "wfl-1" });
    expect(workflow).toMatchObject({ metadata: { id: "wfl-1", name: "local" } });
  });

  test("carries a large message with text of every sort", async () => {
    const labels = Object.fromEntries(
      Array.from({ length: 2000 }, (_unused, i) => [`key-${i}`, `värde ${i} 😀 \u0000 __proto__`]),
    );
    const workflow = await client().workflow.command.create({
      metadata: { name: "große Sache", labels: { ...labels, __proto__x: "1" } },
      spec: { definition: "a: 1\n".repeat(1000) },
    });
    expect(workflow.metadata?.labels).toEqual({ ...labels, __proto__x: "1" });
    expect(workflow.spec?.definition).toHaveLength(5000);
  });

  const refusals: readonly [string, Code, string][] = [
    ["missing", Code.NotFound, "RESOURCE_NOT_FOUND"],
    ["invalid", Code.InvalidArgument, "REQUEST_INVALID"],
    ["busy", Code.Unavailable, "SERVER_OVERLOADED"],
    ["damaged", Code.DataLoss, "DATA_CORRUPT"],
    ["broken", Code.Internal, "INTERNAL"],
  ];
  test.each(refusals)("tells a caller of %s: code, reason and details", async (id, code, reason) => {
    const error = await client()
      .workflow.query.get({ value: id })
      .then(
        () => undefined,
        (reason: unknown) => ConnectError.from(reason),
      );
    expect(error?.code).toBe(code);
    expect(error?.findDetails(ErrorInfoSchema)[0]).toMatchObject({ reason, domain: "stigmer.ai" });
    if (id === "invalid")
      expect(error?.findDetails(BadRequestSchema)[0]?.fieldViolations[0]).toMatchObject({
        field: "metadata.name",
        description: "is empty",
      });
    if (id === "busy")
      expect(error?.findDetails(RetryInfoSchema)[0]?.retryDelay).toMatchObject({ seconds: 1n, nanos: 500_000_000 });
    if (id === "damaged") expect(error?.rawMessage).toMatch(/malformed.*"stigmer doctor".*restore a backup/u);
    if (id === "broken") expect(JSON.stringify([error?.message, error?.details])).not.toContain("secret detail");
  });

  test("says UNIMPLEMENTED for a method without implementation", async () => {
    await expect(client().workflow.command.delete({ value: "x" })).rejects.toMatchObject({ code: Code.Unimplemented });
  });

  test("ends at the deadline of the caller even when the handler is deaf", async () => {
    await expect(client().workflow.query.get({ value: "deaf" }, { timeoutMs: 40 })).rejects.toMatchObject({
      code: Code.DeadlineExceeded,
    });
  });

  test("streams, in order, to the end", async () => {
    const positions: bigint[] = [];
    for await (const { position } of client().workflowExecution.service.watch({
      executionId: "wex-1",
      afterPosition: 0n,
    }))
      positions.push(position);
    expect(positions).toEqual([1n, 2n, 3n]);
  });

  test("ends a stream with an error after what was sent", async () => {
    const positions: bigint[] = [];
    const read = async (): Promise<void> => {
      for await (const { position } of client().workflowExecution.service.watch({ executionId: "missing" }))
        positions.push(position);
    };
    await expect(read()).rejects.toMatchObject({ code: Code.NotFound });
    expect(positions).toEqual([1n, 2n]);
  });

  test("aborts the handler of a stream whose reader leaves", async () => {
    const leave = new AbortController();
    const stream = client().workflowExecution.service.watch({ executionId: "endless" }, { signal: leave.signal });
    await expect(
      (async () => {
        for await (const { position } of stream) if (position === 5n) leave.abort();
      })(),
    ).rejects.toMatchObject({ code: Code.Canceled });
    const { signal } = fixture.calls.at(-1) as (typeof fixture.calls)[number];
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });

  test("aborts the handler of a unary call whose caller leaves", async () => {
    const leave = new AbortController();
    const before = fixture.calls.length;
    const answer = client().workflow.query.get({ value: "hanging" }, { signal: leave.signal });
    while (fixture.calls.length === before) await new Promise((resolve) => setImmediate(resolve));
    leave.abort();
    await expect(answer).rejects.toMatchObject({ code: Code.Canceled });
    const { signal } = fixture.calls.at(-1) as (typeof fixture.calls)[number];
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
});

test("an error of ours is logged with its stack under the id that the caller is told", async () => {
  const response = await fetch(fixture.url + GET, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": "my-id" },
    body: `{"value":"broken"}`,
  });
  expect(response.status).toBe(500);
  expect(await response.text()).toContain("my-id");
  expect(fixture.log.find((line) => line.includes("my-id"))).toMatch(/secret detail.*transport-fixture/u);
});

describe("plain HTTP/1.1 with JSON", () => {
  const post = (
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(fixture.url + path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });

  test("answers as curl would see it", async () => {
    const response = await post(GET, `{"value":"wfl-1","unknownField":1}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ metadata: { id: "wfl-1", name: "local" } });
  });

  test("takes brotli by way of connect-node", async () => {
    const response = await post(GET, new Uint8Array(brotliCompressSync(`{"value":"wfl-1"}`)), {
      "content-encoding": "br",
    });
    expect(await response.json()).toMatchObject({ metadata: { id: "wfl-1" } });
  });

  const deep = (levels: number): string =>
    `{"spec":{"document":{"description":"x"},"tasks":[{"taskConfig":${`{"a":`.repeat(levels)}1${"}".repeat(levels)}}]}}`;
  const bad: readonly [string, string | Uint8Array<ArrayBuffer>, number, string][] = [
    ["half a surrogate pair", String.raw`{"metadata":{"name":"\ud800"}}`, 400, "TEXT_INVALID"],
    ["half a surrogate pair in a key", String.raw`{"metadata":{"labels":{"\uDC00":"x"}}}`, 400, "TEXT_INVALID"],
    ["broken UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, "TEXT_INVALID"],
    ["1e999", `{"spec":{"tasks":[{"taskConfig":{"x":1e999}}]}}`, 400, "NUMBER_INVALID"],
    ["a number of 400 digits", `{"spec":{"tasks":[{"taskConfig":{"x":${"9".repeat(400)}}}]}}`, 400, "NUMBER_INVALID"],
    ["nesting beyond the limit", deep(100), 400, "NESTING_TOO_DEEP"],
    ["nesting that would exhaust the stack", `{"spec":${"[".repeat(200_000)}`, 400, "NESTING_TOO_DEEP"],
    ["text that is no JSON", `{"metadata":`, 400, "REQUEST_MALFORMED"],
    ["the wrong type", `{"metadata":{"name":1}}`, 400, "REQUEST_MALFORMED"],
    ["a duplicate key", `{"metadata":{"name":"a","name":"b"}}`, 400, "REQUEST_MALFORMED"],
    ["an array", "[]", 400, "REQUEST_MALFORMED"],
    ["nothing", "", 400, "REQUEST_MALFORMED"],
  ];
  test.each(bad)("refuses %s", async (_, body, status, reason) => {
    const before = fixture.calls.length;
    const response = await post(CREATE, body);
    const text = await response.text();
    expect(response.status, text).toBe(status);
    const details = (JSON.parse(text) as { details: { type: string; debug: { reason: string } }[] }).details;
    expect(details[0]?.debug.reason).toBe(reason);
    expect(fixture.calls).toHaveLength(before);
  });

  const good: readonly [string, string][] = [
    ["a whole surrogate pair", String.raw`{"metadata":{"name":"\ud83d\ude00"}}`],
    ["an escaped backslash before a quote", String.raw`{"metadata":{"name":"[[[\\\"{{{"}}`],
    ["a text that looks like a large number", `{"metadata":{"name":"1e999"}}`],
    ["nesting up to the limit", deep(60)],
    ["keys of the prototype", `{"metadata":{"labels":{"__proto__":"a","constructor":"b"}}}`],
  ];
  test.each(good)("takes %s", async (_, body) => {
    const response = await post(CREATE, body);
    const text = await response.text();
    expect(response.status, text).toBe(200);
    expect(JSON.parse(text)).toEqual(JSON.parse(body));
    expect(Object.keys(JSON.parse(text) as object)).toEqual(Object.keys(JSON.parse(body) as object));
  });

  test("holds nesting of 64 in the binary form too", async () => {
    const workflow = create(WorkflowSchema, {
      spec: { tasks: [{ taskConfig: JSON.parse(`${`{"a":`.repeat(64)}1${"}".repeat(64)}`) as never }] },
    });
    const response = await post(CREATE, new Uint8Array(toBinary(WorkflowSchema, workflow)), {
      "content-type": "application/proto",
    });
    expect(response.status, await response.text()).toBe(200);
  });

  test("refuses broken UTF-8 in the binary form", async () => {
    const response = await post(GET, new Uint8Array([0x0a, 0x01, 0xff]), { "content-type": "application/proto" });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("REQUEST_MALFORMED");
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "",
  ])("refuses content type %j", async (type) => {
    const before = fixture.calls.length;
    const response = await post(GET, `{"value":"wfl-1"}`, { "content-type": type });
    expect(response.status).toBe(415);
    expect(fixture.calls).toHaveLength(before);
  });

  test("refuses GET, and a timeout that is none", async () => {
    expect((await fetch(fixture.url + GET)).status).toBe(405);
    const response = await post(GET, `{"value":"wfl-1"}`, { "connect-timeout-ms": "soon" });
    expect(response.status).toBe(400);
  });

  test("says that a method does not exist", async () => {
    const response = await post("/ai.stigmer.agentic.workflow.v1.WorkflowQueryController/nope", "{}");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ reason: "METHOD_NOT_FOUND" });
  });
});

describe("gRPC on bare HTTP/2", () => {
  async function grpc(
    path: string,
    body: Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<Record<string, unknown>> {
    const session = connectHttp2(fixture.url);
    try {
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
        ...headers,
      });
      const result: Record<string, unknown> = {};
      stream
        .on("response", (head) => Object.assign(result, head))
        .on("trailers", (trailers) => Object.assign(result, trailers));
      stream.end(body);
      stream.resume();
      await new Promise((resolve, reject) => stream.on("end", resolve).on("error", reject));
      return result;
    } finally {
      session.close();
    }
  }
  const frameOf = (message: Uint8Array, flags = 0): Uint8Array => {
    const head = Buffer.alloc(5);
    head[0] = flags;
    head.writeUInt32BE(message.length, 1);
    return Buffer.concat([head, message]);
  };
  const id = toBinary(WorkflowIdSchema, create(WorkflowIdSchema, { value: "wfl-1" }));

  const cases: readonly [string, Uint8Array, Record<string, string>, string][] = [
    ["a whole frame", frameOf(id), {}, "0"],
    ["a gzip frame", frameOf(gzipSync(id), 1), { "grpc-encoding": "gzip" }, "0"],
    ["a plain frame although gzip was announced", frameOf(id), { "grpc-encoding": "gzip" }, "0"],
    ["half a frame", frameOf(id).subarray(0, 7), {}, "3"],
    ["two frames", Buffer.concat([frameOf(id), frameOf(id)]), {}, "3"],
    ["no frame", new Uint8Array(), {}, "3"],
    ["a compressed frame without encoding", frameOf(gzipSync(id), 1), {}, "3"],
    ["a frame that is not gzip", frameOf(id, 1), { "grpc-encoding": "gzip" }, "3"],
    ["an unknown flag", frameOf(id, 4), {}, "3"],
    ["bytes that are no message", frameOf(new Uint8Array([0x0a, 0x7f])), {}, "3"],
    ["a timeout that is none", frameOf(id), { "grpc-timeout": "soon" }, "3"],
    ["an unknown encoding", frameOf(id), { "grpc-encoding": "snappy" }, "12"],
  ];
  test.each(cases)("%s", async (_, body, headers, status) => {
    expect(await grpc(GET, body, headers)).toMatchObject({ ":status": 200, "grpc-status": status });
  });

  test("takes the fast path, which accepts gzip alone, and leaves what it does not know to connect-node", async () => {
    expect(await grpc(GET, frameOf(id))).toMatchObject({ "grpc-accept-encoding": "gzip" });
    expect(await grpc(GET, frameOf(id), { "grpc-encoding": "snappy" })).toMatchObject({
      "grpc-accept-encoding": "gzip,br",
    });
  });

  test("a method that does not exist is UNIMPLEMENTED", async () => {
    expect(await grpc("/ai.stigmer.agentic.workflow.v1.Nothing/get", frameOf(id))).toMatchObject({
      "grpc-status": "12",
    });
  });
});
