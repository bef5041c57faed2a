import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { createOtlpTracer, type OtlpTracerOptions } from "./otlp-tracer.ts";
import { silentLogger } from "./logger.ts";
import { startTracing } from "./start-tracing.ts";

interface Sent {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: unknown;
  readonly status: unknown;
}

function spansOf(body: string): Sent[] {
  return (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Sent[] }[] }[] }).resourceSpans.flatMap(
    ({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans),
  );
}

function tracing(options: Partial<OtlpTracerOptions> = {}): {
  readonly bodies: string[];
  readonly failures: unknown[];
  readonly tracer: ReturnType<typeof createOtlpTracer>;
} {
  const bodies: string[] = [];
  const failures: unknown[] = [];
  let nowMs = 1000;
  let made = 0;
  const tracer = createOtlpTracer({
    version: "1.2.3",
    sampled: 1,
    hex: (bytes) => String((made += 1)).padStart(bytes * 2, "0"),
    random: () => 0.5,
    nowMs: () => (nowMs += 0.25),
    send: async (body) => void bodies.push(body),
    failed: (error, dropped) => failures.push([(error as Error).message, dropped]),
    ...options,
  });
  return { bodies, failures, tracer };
}

const KEPT = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const LEFT_OUT = `00-${"a".repeat(32)}-${"b".repeat(16)}-00`;

describe("createOtlpTracer", () => {
  test("sends spans in OTLP's JSON form, parts under their whole and the whole under the caller's", async () => {
    const { tracer, bodies } = tracing();
    const call = tracer.start("workflow.v1/get", { "rpc.system": "grpc" }, KEPT);
    const part = call.child("workflow.get/LoadTarget");
    part.end(Object.assign(new Error("Workflow not found: my secret"), { code: "NOT_FOUND" }));
    call.set("rows", 2);
    call.end();
    call.end();
    await tracer.flush();
    expect(bodies).toHaveLength(1);
    const [inner, outer] = spansOf(bodies[0] ?? "");
    expect(outer).toMatchObject({
      name: "workflow.v1/get",
      traceId: "a".repeat(32),
      parentSpanId: "b".repeat(16),
      kind: 2,
      startTimeUnixNano: "1000250000",
      attributes: [
        { key: "rpc.system", value: { stringValue: "grpc" } },
        { key: "rows", value: { intValue: "2" } },
      ],
      status: {},
    });
    expect(inner).toMatchObject({
      name: "workflow.get/LoadTarget",
      traceId: outer?.traceId,
      parentSpanId: outer?.spanId,
      kind: 1,
      status: { code: 2, message: "NOT_FOUND" },
    });
    expect(BigInt(inner?.endTimeUnixNano ?? 0)).toBeGreaterThan(BigInt(inner?.startTimeUnixNano ?? 0));
    expect(bodies[0]).not.toContain("my secret");
  });

  test.each([
    { name: "the caller keeps it", sampled: 0, traceparent: KEPT, want: 1 },
    { name: "the caller does not", sampled: 1, traceparent: LEFT_OUT, want: 0 },
    { name: "the draw keeps it", sampled: 0.6, traceparent: undefined, want: 1 },
    { name: "the draw does not", sampled: 0.4, traceparent: undefined, want: 0 },
    { name: "the header is none", sampled: 1, traceparent: "00-xyz", want: 1 },
  ])("keeps $want spans when $name", async ({ sampled, traceparent, want }) => {
    const { tracer, bodies } = tracing({ sampled });
    const span = tracer.start("x", {}, traceparent);
    span.child("y").end();
    await tracer.flush();
    expect(bodies.flatMap(spansOf)).toHaveLength(want);
  });

  test("drops what a collector that is away does not take, says so once, and goes on when it is back", async () => {
    let away = true;
    const bodies: string[] = [];
    const { tracer, failures } = tracing({
      send: async (body) => {
        if (away) throw new Error("connection refused");
        bodies.push(body);
      },
    });
    for (let index = 0; index < 5000; index++) tracer.start("lost", {}).end();
    await tracer.flush();
    tracer.start("lost", {}).end();
    await tracer.flush();
    expect(failures).toEqual([["connection refused", 5000 - 4096 + 512]]);
    away = false;
    await tracer.flush();
    const before = bodies.flatMap(spansOf).length;
    tracer.start("seen", {}).end();
    await tracer.flush();
    expect(
      bodies
        .flatMap(spansOf)
        .slice(before)
        .map(({ name }) => name),
    ).toEqual(["seen"]);
  });
});

describe("startTracing", () => {
  test("posts to the collector's path with its headers, also what is left at the end", async () => {
    const requests: unknown[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const { authorization, "content-type": type } = request.headers;
        requests.push([request.method, request.url, type, authorization, spansOf(body).map(({ name }) => name)]);
        response.end("{}");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { tracer, close } = startTracing({
      endpoint,
      sampled: 1,
      version: "1",
      logger: silentLogger,
      headers: "authorization=Bearer%20x, other=1",
    });
    tracer.start("a", {}).end();
    await close();
    server.close();
    expect(requests).toEqual([["POST", "/v1/traces", "application/json", "Bearer x", ["a"]]]);
  });

  test("without an endpoint keeps nothing", async () => {
    const { tracer, close } = startTracing({
      endpoint: "",
      sampled: 1,
      version: "1",
      logger: silentLogger,
      headers: "",
    });
    expect(tracer.start("a", {}).child("b").end()).toBeUndefined();
    await close();
  });
});
