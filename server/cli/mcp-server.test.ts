import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mcpServer } from "./mcp-server.ts";

const client = new Client({ name: "test", version: "1.0.0" });
const server = mcpServer();

beforeAll(async () => {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(theirs), client.connect(ours)]);
});
afterAll(async () => client.close());

const WORKFLOW =
  "document: { dsl: 1.0.3, namespace: t, name: hello, version: 1.0.0 }\ndo:\n  - greet:\n      set:\n        hello: ${ .name }\n";

async function call(
  name: string,
  args: Record<string, unknown>,
): Promise<{ readonly text: string; readonly isError: boolean }> {
  const { content, isError } = await client.callTool({ name, arguments: args });
  return {
    text: (content as readonly { text: string }[]).map(({ text }) => text).join("\n"),
    isError: isError === true,
  };
}

describe("stigmer mcp, driven by the official client", () => {
  test("lists its tools, those that change nothing marked as such", async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint])).toEqual([
      ["validate", true],
      ["explain", true],
      ["test", true],
      ["graph", true],
      ["apply", false],
      ["run", false],
      ["get", true],
      ["inspect", true],
      ["history", true],
    ]);
  });

  test("validate gives diagnostics of a bad definition and an empty list for a good one", async () => {
    expect(await call("validate", { definition: WORKFLOW })).toEqual({ isError: false, text: "[]" });
    const { text, isError } = await call("validate", { definition: WORKFLOW.replace("set:", "st:") });
    expect(isError).toBe(true);
    expect(JSON.parse(text)).toMatchObject([{ line: 4, severity: "error" }]);
  });

  test("test runs cases of a text", async () => {
    const tests = "cases: [{ name: one, given: { input: { name: Ada } }, expect: { output: { hello: Ada } } }]";
    expect(await call("test", { definition: WORKFLOW, tests })).toMatchObject({ isError: false });
    const failed = await call("test", { definition: WORKFLOW, tests: tests.replace("hello: Ada", "hello: Bob") });
    expect(failed).toEqual({ isError: true, text: expect.stringContaining('expected \\"Bob\\", got \\"Ada\\"') });
  });

  test("graph draws and explain explains", async () => {
    expect((await call("graph", { definition: WORKFLOW })).text).toContain("greet");
    expect((await call("explain", { code: "OW1102" })).text).toContain("then-target-exists");
  });

  test("run gives the result of a definition, in this process where there is no server", async () => {
    vi.stubEnv("STIGMER_SERVER_ADDR", undefined);
    const { text, isError } = await call("run", { definition: WORKFLOW, input: { name: "Ada" } });
    vi.unstubAllEnvs();
    expect({ text, isError }).toEqual({ isError: false, text: expect.stringMatching(/"hello": ?"Ada"/u) });
  });

  test.each([
    ["validat", {}, 'did you mean "validate"?'],
    ["explain", {}, '"code" is missing'],
    ["validate", {}, 'a "definition" or a "file"'],
    ["test", {}, 'a "path", or both'],
    ["get", { kind: "workflw" }, 'did you mean "workflow"?'],
  ])("a bad call of %s says what is wrong", async (name, args, message) => {
    const { text, isError } = await call(name, args);
    expect({ isError, text }).toEqual({ isError: true, text: expect.stringContaining(message) });
  });
});
