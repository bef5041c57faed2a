import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
  createProtocolConnection,
} from "vscode-languageserver-protocol/node.js";
import { type ServerProcess, builtCommandLine } from "../tools/command-line.ts";

/* `stigmer mcp` and `stigmer lsp` as an agent and an editor start them: processes of their own, driven by the official clients. */

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-agents-"));
const entry = path.resolve("server/dist/bundle/stigmer.js");
const WORKFLOW = `document: { dsl: 1.0.3, namespace: agents, name: greet-agent, version: 1.0.0 }
do:
  - greet: { set: { text: '\${ "Hello, " + .name }' } }
`;

let server: ServerProcess;

beforeAll(async () => {
  const line = await builtCommandLine();
  server = await line.server(["--data", path.join(folder, "data")]);
}, 60_000);

afterAll(async () => {
  await server?.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

describe("an agent that starts `stigmer mcp`", () => {
  const client = new Client({ name: "test", version: "1.0.0" });

  beforeAll(async () => {
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder, STIGMER_SERVER_ADDR: server.address };
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [entry, "mcp"], env }));
  }, 60_000);
  afterAll(async () => client.close());

  async function call(name: string, args: Record<string, unknown>): Promise<string> {
    const { content, isError } = await client.callTool({ name, arguments: args });
    const text = (content as readonly { text: string }[]).map((part) => part.text).join("\n");
    expect({ name, isError: isError === true, text }).toMatchObject({ name, isError: false });
    return text;
  }

  test("checks, tests, applies, runs and inspects a workflow of its own", async () => {
    expect(await call("validate", { definition: WORKFLOW })).toBe("[]");
    await call("test", {
      definition: WORKFLOW,
      tests: "cases: [{ name: a, given: { input: { name: Ada } }, expect: { output: { text: 'Hello, Ada' } } }]",
    });
    await call("apply", { definition: WORKFLOW });
    expect(await call("run", { workflow: "greet-agent", input: { name: "Ada" } })).toMatch(/"text": ?"Hello, Ada"/);
    const list = JSON.parse(await call("get", { kind: "execution" })) as { metadata: { id: string } }[];
    const id = list[0]?.metadata.id ?? "";
    expect(id).toMatch(/^wex-/);
    expect(await call("inspect", { execution: id })).toContain("greet");
    expect(await call("history", { execution: id })).toContain("started");
  });
});

describe("an editor that starts `stigmer lsp`", () => {
  let child: ChildProcess;
  let client: ProtocolConnection;

  beforeAll(() => {
    child = spawn(process.execPath, [entry, "lsp", "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    if (child.stdin === null || child.stdout === null) throw new Error("assertion: both are pipes");
    client = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
    client.listen();
  });
  afterAll(() => client.dispose());

  test("is told mistakes as they are written, and it ends when told to", async () => {
    const { capabilities }: InitializeResult = await client.sendRequest("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
    });
    expect(capabilities).toMatchObject({ hoverProvider: true, renameProvider: { prepareProvider: true } });
    await client.sendNotification("initialized", {});
    const published = new Promise<PublishDiagnosticsParams>((resolve) => {
      client.onNotification("textDocument/publishDiagnostics", resolve);
    });
    const uri = "file:///workflow.yaml";
    const text = WORKFLOW.replace("set:", "st:");
    await client.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "yaml", version: 1, text },
    });
    const { diagnostics } = await published;
    expect(diagnostics).toMatchObject([{ severity: 1, range: { start: { line: 2, character: 13 } } }]);
    expect(diagnostics[0]?.message).toContain('did you mean "set"');
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    await client.sendRequest("shutdown");
    await client.sendNotification("exit");
    expect(await ended).toBe(0);
  });
});
