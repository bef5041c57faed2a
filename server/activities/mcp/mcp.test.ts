import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { faultOf, testContext, testHost } from "../testing/call.ts";
import { type McpPeer, mcpPeer } from "../testing/mcp-peer.ts";

let peer: McpPeer;
const host = testHost({ run: { allow: ["mcp-stdio"] } });
const program = fileURLToPath(new URL("../testing/mcp-stdio-server.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");

beforeAll(async () => {
  peer = await mcpPeer();
});

afterAll(async () => {
  await host.close();
  await peer.close();
});

const stdio = (rest: JsonObject = {}): JsonObject => ({
  stdio: {
    command: process.execPath,
    arguments: ["--import", loader, program, "--flag"],
    environment: { PEER_TOKEN: "p" },
    ...rest,
  },
});
const http = (rest: JsonObject = {}): JsonObject => ({ http: { endpoint: `${peer.origin}/mcp`, ...rest } });

function call(
  transport: JsonObject,
  method: string,
  parameters: JsonObject = {},
  rest: JsonObject = {},
  secrets: JsonObject = {},
): Promise<Json> {
  return host.runner.run("mcp", { transport, method, parameters, ...rest }, testContext({ secrets }));
}

for (const [name, transport] of [
  ["http", http],
  ["stdio", stdio],
] as const) {
  describe(`mcp over ${name}`, () => {
    const cases: readonly { readonly method: string; readonly parameters?: JsonObject; readonly want: JsonObject }[] = [
      { method: "tools/list", want: { tools: [{ name: "tool-0" }, { name: "tool-1" }, { name: "tool-2" }] } },
      { method: "tools/list", parameters: { cursor: "1" }, want: { tools: [{ name: "tool-1" }], nextCursor: "2" } },
      {
        method: "tools/call",
        parameters: { name: "who", arguments: { a: [1] } },
        want: { structuredContent: { who: { args: { a: [1] }, client: { name: "stigmer" } } } },
      },
      { method: "prompts/list", want: { prompts: [{ name: "greet" }] } },
      {
        method: "prompts/get",
        parameters: { name: "greet", arguments: { whom: "world" } },
        want: { messages: [{ content: { text: "greet world" } }] },
      },
      { method: "resources/list", want: { resources: [{ uri: "mem://a" }] } },
      { method: "resources/read", parameters: { uri: "mem://a" }, want: { contents: [{ text: "content" }] } },
      { method: "resources/templates/list", want: { resourceTemplates: [{ uriTemplate: "mem://{x}" }] } },
    ];
    it.each(cases)("$method $parameters", async ({ method, parameters, want }) => {
      expect(await call(transport(), method, parameters)).toMatchObject(want);
    });

    it("makes a runtime fault of an error of the server", async () => {
      expect(
        await faultOf(host, "mcp", { transport: transport(), method: "tools/call", parameters: { name: "fail" } }),
      ).toMatchObject({
        type: "runtime",
        title: "MCP error",
        data: { code: -32_602, message: "not like this", data: { hint: "x" } },
      });
    });

    it("times out, and stops with its task", async () => {
      const input = { transport: transport(), method: "tools/call", parameters: { name: "never" } };
      expect(await faultOf(host, "mcp", { ...input, timeout: { seconds: 1 } })).toMatchObject({
        type: "timeout",
        status: 408,
      });
      const controller = new AbortController();
      const pending = faultOf(host, "mcp", input, testContext({ signal: controller.signal }));
      setTimeout(() => controller.abort(), 20);
      expect(await pending).toMatchObject({ title: "Activity stopped" });
    });

    it("says who it is, and speaks the version it is told to", async () => {
      const result = await call(
        transport(),
        "tools/call",
        { name: "who" },
        { client: { name: "mine", version: "9.9.9" }, protocolVersion: "2025-03-26" },
      );
      expect(result).toMatchObject({ structuredContent: { who: { client: { name: "mine", version: "9.9.9" } } } });
    });
  });
}

describe("mcp over http", () => {
  it("sends headers, the key of the call and the version, and ends its session", async () => {
    peer.received.length = 0;
    await call(http({ headers: { "x-mine": "1" } }), "tools/list");
    const [initialize] = peer.received;
    expect(initialize?.headers).toMatchObject({ "x-mine": "1", "idempotency-key": "run-1/do/0/call/0" });
    expect(JSON.parse(initialize?.body ?? "")).toMatchObject({
      method: "initialize",
      params: { protocolVersion: "2025-06-18" },
    });
    expect(peer.received.at(-1)?.method).toBe("DELETE");
  });

  it("authenticates by the policy of its endpoint", async () => {
    peer.locked = true;
    const endpoint = { uri: `${peer.origin}/mcp`, authentication: { bearer: { token: "t" } } };
    expect(await call({ http: { endpoint } }, "prompts/list")).toMatchObject({ prompts: [{ name: "greet" }] });
    expect(await faultOf(host, "mcp", { transport: http(), method: "prompts/list" })).toMatchObject({
      type: "authentication",
      status: 401,
    });
    peer.locked = false;
  });

  it("makes communication faults of servers that are down, absent, or somewhere else", async () => {
    expect(
      await faultOf(host, "mcp", { transport: { http: { endpoint: `${peer.origin}/down` } }, method: "tools/list" }),
    ).toMatchObject({ type: "communication", status: 503 });
    const gone = await mcpPeer();
    await gone.close();
    expect(
      await faultOf(host, "mcp", { transport: { http: { endpoint: gone.origin } }, method: "tools/list" }),
    ).toMatchObject({ type: "communication", status: 503 });
    expect(
      await faultOf(host, "mcp", {
        transport: { http: { endpoint: `${peer.origin}/redirect` } },
        method: "tools/list",
      }),
    ).toMatchObject({ type: "communication" });
  });

  it("cannot reach private addresses", async () => {
    const guarded = testHost({ network: { allowLoopback: false } });
    expect(await faultOf(guarded, "mcp", { transport: http(), method: "tools/list" })).toMatchObject({
      type: "authorization",
      title: "Address not allowed",
    });
    await guarded.close();
  });
});

describe("mcp over stdio", () => {
  it("gives the process its arguments and environment, and nothing of the server's", async () => {
    process.env["STIGMER_TEST_CANARY"] = "canary";
    const result = await call(
      stdio({ environment: { PEER_TOKEN: "\uE000api\uE001" } }),
      "tools/call",
      { name: "who" },
      {},
      { api: "canary-0123456789" },
    );
    delete process.env["STIGMER_TEST_CANARY"];
    expect(result).toMatchObject({
      structuredContent: { who: { argv: ["--flag"], env: "\uE000api\uE001", canary: null } },
    });
  });

  it("is refused until the operator allows it", async () => {
    const closed = testHost();
    expect(await faultOf(closed, "mcp", { transport: stdio(), method: "tools/list" })).toMatchObject({
      type: "configuration",
      title: "Not allowed on this server",
    });
    await closed.close();
  });

  const refused: readonly { readonly name: string; readonly input: () => JsonObject; readonly type: string }[] = [
    {
      name: "a program that is not there",
      input: () => ({ transport: { stdio: { command: "no-such-program" } }, method: "tools/list" }),
      type: "communication",
    },
    {
      name: "a program that ends",
      input: () => ({ transport: { stdio: { command: "true" } }, method: "tools/list" }),
      type: "communication",
    },
    {
      name: "a method that is none",
      input: () => ({ transport: stdio(), method: "tools/rename" }),
      type: "validation",
    },
    { name: "a call without a method", input: () => ({ transport: stdio() }), type: "validation" },
    { name: "a transport that is none", input: () => ({ transport: {}, method: "tools/list" }), type: "validation" },
    {
      name: "a version nobody speaks",
      input: () => ({ transport: stdio(), method: "tools/list", protocolVersion: "1999-01-01" }),
      type: "configuration",
    },
  ];
  it.each(refused)("makes a fault of $name", async ({ input, type }) => {
    expect((await faultOf(host, "mcp", input())).type).toBe(type);
  });
});
