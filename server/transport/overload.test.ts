import { createStigmerClient } from "@stigmer/api/client.ts";
import { RetryInfoSchema } from "@stigmer/api/gen/google/rpc/error_details_pb.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@stigmer/api/gen/grpc/health/v1/health_pb.ts";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import type { ServerTransportOptions } from "./server-transport.ts";
import { startFixture, type TransportFixture } from "./transport-fixture.ts";

/** A server that begins no request until it is released, as one that is busy for a very long turn after turn. */
async function startBusy(
  options: Partial<ServerTransportOptions> = {},
): Promise<TransportFixture & { release(): void; connections(): number }> {
  let connections = 0;
  const crowd = { isEntering: true, connected: () => void (connections += 1) };
  const fixture = await startFixture({ ...options, crowd });
  return { ...fixture, release: () => void (crowd.isEntering = false), connections: () => connections };
}

/** Lets what was sent arrive: a health check on the same connection is answered after it was read. */
const clientsOf = (url: string, transportTo: typeof createGrpcTransport) => {
  const transport = transportTo({ baseUrl: url });
  return { client: createStigmerClient(transport), health: createClient(Health, transport) };
};

describe.each([
  ["gRPC", (options: { baseUrl: string }) => createGrpcTransport(options)],
  ["gRPC-Web", (options: { baseUrl: string }) => createGrpcWebTransport({ ...options, httpVersion: "2" })],
  ["Connect, HTTP/2", (options: { baseUrl: string }) => createConnectTransport({ ...options, httpVersion: "2" })],
])("a server with more to do than it can: %s", (_, transportTo) => {
  test("answers health past a hundred calls that wait, and then all of them in order", async () => {
    const server = await startBusy();
    const { client, health } = clientsOf(server.url, transportTo);
    const names = Array.from({ length: 100 }, (_unused, at) => String(at));
    const answers = names.map((value) => client.workflow.query.get({ value }));
    expect((await health.check({})).status).toBe(Status.SERVING);
    for (const path of ["livez", "readyz", "healthz", "metrics"])
      expect((await fetch(`${server.url}/${path}`)).status).toBe(200);
    expect(server.calls).toEqual([]);
    server.release();
    expect((await Promise.all(answers)).map(({ metadata }) => metadata?.id)).toEqual(names);
    await server.close();
  });

  test("refuses calls beyond its bound and says when to come again, but no controls", async () => {
    const server = await startBusy({ waitingMax: 2 });
    const { client, health } = clientsOf(server.url, transportTo);
    const waiting = ["a", "b"].map((value) => client.workflow.query.get({ value }));
    await health.check({});
    const refusal = await client.workflow.query.get({ value: "c" }).catch((error: unknown) => ConnectError.from(error));
    expect(refusal).toBeInstanceOf(ConnectError);
    expect((refusal as ConnectError).code).toBe(Code.Unavailable);
    expect((refusal as ConnectError).findDetails(RetryInfoSchema)[0]?.retryDelay?.nanos).toBe(500_000_000);
    const control = client.workflow.command.delete({ value: "a" }).catch((error: unknown) => ConnectError.from(error));
    await health.check({});
    server.release();
    expect((await Promise.all(waiting)).map(({ metadata }) => metadata?.id)).toEqual(["a", "b"]);
    expect(await control, "it got to where it is found that the fixture has no such method").toMatchObject({
      code: Code.Unimplemented,
    });
    await server.close();
  });

  test("does nothing for a caller that gave up while its call waited", async () => {
    const server = await startBusy();
    const { client, health } = clientsOf(server.url, transportTo);
    const leave = new AbortController();
    const left = client.workflow.query.get({ value: "left" }, { signal: leave.signal }).catch(() => "left");
    const late = client.workflow.query.get({ value: "late" }, { timeoutMs: 20 }).catch((error: unknown) => error);
    const stays = client.workflow.query.get({ value: "stays" });
    await health.check({});
    leave.abort();
    expect(await left).toBe("left");
    expect(await late).toMatchObject({ code: Code.DeadlineExceeded });
    await health.check({});
    server.release();
    await stays;
    expect(server.calls).toHaveLength(1);
    await server.close();
  });

  test("streams wait for their turn too", async () => {
    const server = await startBusy();
    const { client, health } = clientsOf(server.url, transportTo);
    const positions = (async () => {
      const seen: bigint[] = [];
      for await (const { position } of client.workflowExecution.service.watch({ executionId: "x" }))
        seen.push(position);
      return seen;
    })();
    await health.check({});
    expect(server.calls).toEqual([]);
    server.release();
    expect(await positions).toEqual([1n, 2n, 3n]);
    await server.close();
  });
});

test("a server that stops answers those that wait: they may come again elsewhere", async () => {
  const server = await startBusy();
  const { client, health } = clientsOf(server.url, createGrpcTransport);
  const waiting = client.workflow.query.get({ value: "a" }).catch((error: unknown) => ConnectError.from(error).code);
  await health.check({});
  const closed = server.close(60_000);
  server.release();
  expect(await waiting).toBe(Code.Unavailable);
  await closed;
});

test("a request to a route waits as calls do, and what tells how the server is does not", async () => {
  let asked = 0;
  const route = { path: "/hello", methods: ["GET"], handle: () => ((asked += 1), { status: 200, body: "hello" }) };
  const server = await startBusy({ routes: [route] });
  const answer = fetch(`${server.url}/hello`);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  expect(server.connections()).toBe(2);
  expect(asked).toBe(0);
  server.release();
  expect(await (await answer).text()).toBe("hello");
  await server.close();
});
