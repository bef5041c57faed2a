import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { a2aPeer } from "../testing/a2a-peer.ts";
import { faultOf, testContext, testHost } from "../testing/call.ts";
import type { HttpPeer } from "../testing/http-peer.ts";
import { eventData } from "./server-sent-events.ts";

let peer: HttpPeer;
const host = testHost();

beforeAll(async () => {
  peer = await a2aPeer();
});

afterAll(async () => {
  await host.close();
  await peer.close();
});

function call(method: string, parameters: JsonObject = {}, rest: JsonObject = {}): Promise<Json> {
  return host.runner.run("a2a", { server: `${peer.origin}/rpc`, method, parameters, ...rest }, testContext());
}

function message(text: string): JsonObject {
  return { message: { parts: [{ kind: "text", text }] } };
}

describe("a2a calls", () => {
  it("sends a message with what it leaves out, and gives the agent's message", async () => {
    expect(await call("message/send", message("hello"))).toMatchObject({
      kind: "message",
      role: "agent",
      parts: [{ kind: "text", text: "hello run-1/do/0/call/0" }],
    });
    expect(JSON.parse(peer.received.at(-1)?.body ?? "")).toMatchObject({
      jsonrpc: "2.0",
      method: "message/send",
      params: { message: { kind: "message", role: "user", messageId: "run-1/do/0/call/0" } },
    });
    expect(peer.received.at(-1)?.headers["idempotency-key"]).toBe("run-1/do/0/call/0");
  });

  it("gives the task an agent makes", async () => {
    expect(await call("message/send", message("work"))).toMatchObject({
      kind: "task",
      status: { state: "completed" },
      artifacts: [{ artifactId: "a" }],
    });
  });

  it("reads a stream to its end, as an array", async () => {
    const events = (await call("message/stream", message("work"))) as readonly JsonObject[];
    expect(events.map(({ kind }) => kind)).toEqual(["task", "artifact-update", "status-update"]);
  });

  it("gets and cancels tasks, and configures push notifications", async () => {
    const done = (await call("message/send", message("work"))) as JsonObject;
    const id = done["id"] as string;
    expect(await call("tasks/get", { id })).toMatchObject({ id, status: { state: "completed" } });
    const config = { taskId: id, pushNotificationConfig: { id: "c", url: "https://hook.example/x" } };
    expect(await call("tasks/pushNotificationConfig/set", config)).toMatchObject(config);
    expect(await call("tasks/pushNotificationConfig/get", { id, pushNotificationConfigId: "c" })).toMatchObject(config);
    expect(await call("tasks/pushNotificationConfig/list", { id })).toMatchObject([config]);
    expect(await call("tasks/pushNotificationConfig/delete", { id, pushNotificationConfigId: "c" })).toBeNull();
    expect(
      await faultOf(host, "a2a", { server: `${peer.origin}/rpc`, method: "tasks/cancel", parameters: { id } }),
    ).toMatchObject({ type: "runtime", title: "A2A error", data: { code: -32_002 } });
    expect(
      await faultOf(host, "a2a", {
        server: `${peer.origin}/rpc`,
        method: "tasks/resubscribe",
        parameters: { id: "none" },
      }),
    ).toMatchObject({ type: "runtime", data: { code: -32_001 } });
  });

  it("gets the extended card, and lists tasks where an agent does", async () => {
    expect(await call("agent/getAuthenticatedExtendedCard")).toMatchObject({ name: "peer" });
    expect(await call("tasks/list", { contextId: "c" }, { server: `${peer.origin}/list` })).toEqual({
      tasks: [],
      params: { contextId: "c" },
    });
  });

  it("finds the agent by its card, of either version, with its kind of key", async () => {
    const authentication = { bearer: { token: "t" } };
    const found = await host.runner.run(
      "a2a",
      {
        agentCard: { endpoint: { uri: `${peer.origin}/card.json`, authentication } },
        method: "message/send",
        parameters: message("hello"),
      },
      testContext(),
    );
    expect(found).toMatchObject({ kind: "message" });
    expect(peer.received.at(-1)?.headers).toMatchObject({ "x-key": "t" });
    expect(peer.received.at(-1)?.headers).not.toHaveProperty("authorization");
    expect(
      await host.runner.run(
        "a2a",
        { agentCard: { endpoint: `${peer.origin}/card-1.json` }, method: "message/send", parameters: message("hello") },
        testContext(),
      ),
    ).toMatchObject({ kind: "message" });
  });

  it("makes a runtime fault of an error of JSON-RPC", async () => {
    expect(
      await faultOf(host, "a2a", { server: `${peer.origin}/rpc`, method: "tasks/get", parameters: { id: "none" } }),
    ).toMatchObject({ type: "runtime", status: 500, data: { code: -32_001 } });
  });

  const refused: readonly { readonly name: string; readonly input: () => JsonObject; readonly want: JsonObject }[] = [
    {
      name: "a method that is none",
      input: () => ({ server: peer.origin, method: "tasks/rename" }),
      want: { type: "validation" },
    },
    {
      name: "a message without parts or anything",
      input: () => ({ server: peer.origin, method: "message/send", parameters: { message: "hi" } }),
      want: { type: "validation" },
    },
    {
      name: "a call without an agent",
      input: () => ({ method: "tasks/get" }),
      want: { type: "configuration", title: "No agent" },
    },
    {
      name: "a card without a JSON-RPC address",
      input: () => ({ agentCard: { endpoint: `${peer.origin}/card-grpc.json` }, method: "tasks/get" }),
      want: { type: "configuration", title: "Unusable agent card" },
    },
    {
      name: "an answer that is no JSON-RPC",
      input: () => ({ server: `${peer.origin}/broken`, method: "tasks/get" }),
      want: { type: "communication", title: "Unreadable response" },
    },
    {
      name: "an agent that is down",
      input: () => ({ server: `${peer.origin}/down`, method: "tasks/get" }),
      want: { type: "communication", status: 503, data: { message: "down" } },
    },
    {
      name: "an agent that is not there",
      input: () => ({ server: "http://127.0.0.1:1/", method: "tasks/get" }),
      want: { type: "communication", status: 503 },
    },
  ];
  it.each(refused)("makes a fault of $name", async ({ input, want }) => {
    expect(await faultOf(host, "a2a", input())).toMatchObject(want);
  });
});

describe("eventData", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["data: a\n\ndata: b\n\n", ["a", "b"]],
    ["data: a\ndata: b\n\n", ["a\nb"]],
    [": comment\r\nevent: x\r\nid: 1\r\ndata:a\r\n\r\n", ["a"]],
    ["data: unfinished", ["unfinished"]],
    ["data\n\n", [""]],
    ["", []],
  ];
  it.each(cases)("%j", (text, want) => {
    expect(eventData(text)).toEqual(want);
  });
});
