import { createServer } from "node:net";
import { createStigmerClient } from "@stigmer/api/client.ts";
import { WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowQueryController } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/query_pb.ts";
import { WorkflowInstanceQueryController } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/query_pb.ts";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createContextKey, createContextValues } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@stigmer/api/gen/grpc/health/v1/health_pb.ts";
import { describe, expect, test } from "vitest";

import { ApiError } from "../errors/api-error.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { noSpan, type Span, type Tracer } from "../telemetry/tracing.ts";
import { createServerTransport } from "./server-transport.ts";
import { startFixture } from "./transport-fixture.ts";

const options = () => ({ logger: silentLogger, metrics: createMetrics(), version: "0.0.0" });

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe("in-process transport", () => {
  test("calls as the system, with the caller's context values and headers, whether it listens or not", async () => {
    const transport = createServerTransport(options());
    const key = createContextKey("nothing");
    let seen: unknown;
    transport.registry.register(WorkflowQueryController, {
      get: async ({ value }, call) => {
        seen = [call.principal, call.values.get(key), call.requestHeader.get("x-a"), call.resourceKind, call.protocol];
        return { metadata: { id: value } };
      },
    });
    const client = createStigmerClient(transport.inProcess);
    const workflow = await client.workflow.query.get(
      { value: "wfl-1" },
      { contextValues: createContextValues().set(key, "unit"), headers: { "x-a": "b" } },
    );
    expect(workflow.$typeName).toBe("ai.stigmer.agentic.workflow.v1.Workflow");
    expect(workflow.metadata?.id).toBe("wfl-1");
    expect(seen).toEqual([{ kind: "system", id: "system" }, "unit", "b", "workflow", "in-process"]);
  });

  test("hands over clones: neither side sees what the other changes later", async () => {
    const transport = createServerTransport(options());
    const kept = create(WorkflowSchema, { metadata: { name: "kept" } });
    let received: { value: string } | undefined;
    transport.registry.register(WorkflowQueryController, {
      get: async (request) => {
        received = request;
        return kept;
      },
    });
    const request = create(WorkflowQueryController.method.get.input, { value: "a" });
    const workflow = await createStigmerClient(transport.inProcess).workflow.query.get(request);
    (workflow.metadata as { name: string }).name = "changed";
    request.value = "changed";
    expect(kept.metadata?.name).toBe("kept");
    expect(received?.value).toBe("a");
  });

  test("throws the ApiError of the handler, and INTERNAL for anything else", async () => {
    const fixture = await startFixture();
    const { query } = createStigmerClient(fixture.transport.inProcess).workflow;
    await expect(query.get({ value: "missing" })).rejects.toMatchObject({
      reason: "RESOURCE_NOT_FOUND",
      metadata: { kind: "Workflow" },
    });
    await expect(query.get({ value: "broken" })).rejects.toMatchObject({ reason: "INTERNAL" });
    await expect(query.get({ value: "broken" })).rejects.toBeInstanceOf(ApiError);
    await expect(query.get({ value: "deaf" }, { timeoutMs: 20 })).rejects.toMatchObject({
      reason: "DEADLINE_EXCEEDED",
    });
    const leave = new AbortController();
    const answer = query.get({ value: "hanging" }, { signal: leave.signal });
    leave.abort();
    await expect(answer).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
    await fixture.close();
  });

  test("streams", async () => {
    const fixture = await startFixture();
    const positions: bigint[] = [];
    for await (const { position } of createStigmerClient(fixture.transport.inProcess).workflowExecution.service.watch({
      executionId: "x",
    }))
      positions.push(position);
    expect(positions).toEqual([1n, 2n, 3n]);
    await fixture.close();
  });
});

describe("interceptors", () => {
  test("metrics count calls from outside by method and code, and not the server's own", async () => {
    const metrics = createMetrics();
    const fixture = await startFixture({ metrics });
    const outside = createStigmerClient(createConnectTransport({ baseUrl: fixture.url, httpVersion: "1.1" })).workflow
      .query;
    await outside.get({ value: "a" });
    await outside.get({ value: "missing" }).catch(() => undefined);
    await createStigmerClient(fixture.transport.inProcess).workflow.query.get({ value: "a" });
    const text = await (await fetch(`${fixture.url}/metrics`)).text();
    expect(text).toContain(
      `stigmer_requests_total{rpc="ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get",code="ok"} 1`,
    );
    expect(text).toContain(
      `stigmer_requests_total{rpc="ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get",code="not_found"} 1`,
    );
    await fixture.close();
  });

  test("a tracer sees every call with its end, under the caller's trace", async () => {
    const seen: unknown[] = [];
    const tracer: Tracer = {
      start: (name, _attributes, traceparent): Span => {
        seen.push([name.split("/")[1], traceparent]);
        return { ...noSpan, end: (error) => seen.push(error instanceof ApiError ? error.reason : error) };
      },
    };
    const fixture = await startFixture({ tracer });
    const client = createStigmerClient(createConnectTransport({ baseUrl: fixture.url, httpVersion: "2" })).workflow
      .query;
    await client.get({ value: "a" }, { headers: { traceparent: "00-1-2-01" } });
    await client.get({ value: "missing" }).catch(() => undefined);
    expect(seen).toEqual([["get", "00-1-2-01"], undefined, ["get", undefined], "RESOURCE_NOT_FOUND"]);
    await fixture.close();
  });

  test("before recovery is over calls are refused and health says so; the server's own calls go on", async () => {
    const fixture = await startFixture();
    fixture.transport.readiness.isReady = false;
    const outside = createGrpcTransport({ baseUrl: fixture.url });
    await expect(createStigmerClient(outside).workflow.query.get({ value: "a" })).rejects.toMatchObject({
      code: Code.Unavailable,
    });
    await expect(
      createStigmerClient(fixture.transport.inProcess).workflow.query.get({ value: "a" }),
    ).resolves.toBeDefined();
    expect((await fetch(`${fixture.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${fixture.url}/livez`)).status).toBe(200);
    const health = createClient(Health, outside);
    expect((await health.check({})).status).toBe(Status.NOT_SERVING);
    await expect(health.check({ service: "no.Such" })).rejects.toMatchObject({ code: Code.NotFound });
    const statuses: Status[] = [];
    for await (const { status } of health.watch({})) {
      statuses.push(status);
      if (status === Status.NOT_SERVING) fixture.transport.readiness.isReady = true;
      else break;
    }
    expect(statuses).toEqual([Status.NOT_SERVING, Status.SERVING]);
    expect((await health.list({})).statuses[WorkflowQueryController.typeName]?.status).toBe(Status.SERVING);
    await fixture.close();
  });
});

describe("ServiceRegistry", () => {
  test("refuses a service twice", () => {
    const { registry } = createServerTransport(options());
    registry.register(WorkflowQueryController, {});
    expect(() => registry.register(WorkflowQueryController, {})).toThrow(/registered already/u);
  });
});

describe("listen", () => {
  test("an address beyond this machine has to be spelled out as insecure", async () => {
    await expect(createServerTransport(options()).listen("0.0.0.0", 0)).rejects.toThrow(
      /Cannot listen on "0\.0\.0\.0".*--insecure/u,
    );
    const transport = createServerTransport({ ...options(), insecure: true });
    await expect(transport.listen("0.0.0.0", 0)).resolves.toMatchObject({ family: "IPv4" });
    await transport.close(0);
  });

  test("says in one line that the port is taken, and can be closed after", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const transport = createServerTransport(options());
    await expect(transport.listen("127.0.0.1", port)).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${port}: another program does`,
    );
    await transport.close(0);
    other.close();
  });
});

describe("close", () => {
  test.each([
    ["Connect, HTTP/1.1", (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
    ["Connect, HTTP/2", (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "2" })],
    ["gRPC", (baseUrl: string) => createGrpcTransport({ baseUrl })],
  ])("lets open calls finish, ends streams, and refuses new connections: %s", async (_, transportTo) => {
    let finish: (() => void) | undefined;
    const fixture = await startFixture({}, (registry) =>
      registry.register(WorkflowInstanceQueryController, {
        get: ({ value }) => new Promise((resolve) => (finish = () => resolve({ metadata: { id: value } }))),
      }),
    );
    const client = createStigmerClient(transportTo(fixture.url));
    const late = client.workflowInstance.query.get({ value: "late" });
    const stream = (async () => {
      for await (const _change of client.workflowExecution.service.watch({ executionId: "endless" }));
    })().catch((error: unknown) => ConnectError.from(error));
    await until(() => finish !== undefined && fixture.calls.length > 0);
    const closed = fixture.close(60_000);
    expect((await stream)?.code).toBe(Code.Unavailable);
    finish?.();
    expect((await late).metadata?.id).toBe("late");
    await closed;
    await expect(fetch(`${fixture.url}/livez`)).rejects.toThrow();
  });

  test("ends calls that only wait for others at once, whatever time is left", async () => {
    const fixture = await startFixture();
    const client = createStigmerClient(createGrpcTransport({ baseUrl: fixture.url }));
    const waiting = client.workflowExecution.service
      .awaitEnd({ executionId: "hanging" })
      .catch((error: unknown) => ConnectError.from(error).code);
    await until(() => fixture.calls.length > 0);
    await fixture.close(100_000_000);
    expect(await waiting).toBe(Code.Unavailable);
  });

  test("cuts off what does not end in time", async () => {
    const fixture = await startFixture();
    const client = createStigmerClient(createGrpcTransport({ baseUrl: fixture.url }));
    const answer = client.workflow.query
      .get({ value: "deaf" })
      .catch((error: unknown) => ConnectError.from(error).code);
    await until(() => fixture.calls.length > 0);
    await fixture.close(10);
    expect([Code.Unavailable, Code.Internal, Code.Canceled, Code.Aborted]).toContain(await answer);
  });

  test("without any call it closes at once, and twice does no harm", async () => {
    const fixture = await startFixture();
    await fixture.close(60_000);
    await fixture.close(60_000);
  });
});
