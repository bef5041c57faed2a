import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createConnection } from "vscode-languageserver/node.js";
import {
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
  createProtocolConnection,
} from "vscode-languageserver-protocol/node.js";
import { formatWorkflow } from "@stigmer/core/dsl/format.ts";
import { serveEditors } from "./language-server.ts";

const toServer = new PassThrough();
const toClient = new PassThrough();
const client = createProtocolConnection(new StreamMessageReader(toClient), new StreamMessageWriter(toServer));
const server = createConnection(new StreamMessageReader(toServer), new StreamMessageWriter(toClient));
const uri = "file:///workflow.yaml";
const TEXT =
  "document: { dsl: 1.0.3, namespace: t, name: l, version: 1.0.0 }\ntimeout: { after: PT1M }\ndo:\n  - one:\n      set: { x: 1 }\n      then: three\n  - two:\n      wait: PT1S\n";

/** The next diagnostics the server publishes. */
const published = () =>
  new Promise<PublishDiagnosticsParams>((resolve) => {
    const listener = client.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
      listener.dispose();
      resolve(params);
    });
  });

beforeAll(async () => {
  serveEditors(server);
  client.listen();
  await client.sendRequest("initialize", { processId: null, rootUri: null, capabilities: {} });
  await client.sendNotification("initialized", {});
});
afterAll(() => {
  client.dispose();
  server.dispose();
});

describe("stigmer lsp, driven by the protocol's own client library", () => {
  test("publishes diagnostics where they are, and again after a change", async () => {
    const first = published();
    await client.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "yaml", version: 1, text: TEXT },
    });
    expect((await first).diagnostics).toContainEqual(
      expect.objectContaining({
        code: "OW1102",
        severity: 1,
        range: { start: { line: 5, character: 12 }, end: { line: 5, character: 17 } },
      }),
    );
    const second = published();
    await client.sendNotification("textDocument/didChange", {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start: { line: 5, character: 12 }, end: { line: 5, character: 17 } }, text: "two" }],
    });
    expect((await second).diagnostics.map(({ code, severity }) => [code, severity])).toEqual([["OW2023", 3]]);
  });

  test("goes to the task of a then", async () => {
    expect(
      await client.sendRequest("textDocument/definition", {
        textDocument: { uri },
        position: { line: 5, character: 13 },
      }),
    ).toEqual({
      uri,
      range: { start: { line: 6, character: 4 }, end: { line: 6, character: 7 } },
    });
  });

  test("says what a keyword means", async () => {
    expect(
      await client.sendRequest("textDocument/hover", { textDocument: { uri }, position: { line: 7, character: 7 } }),
    ).toMatchObject({
      contents: { kind: "markdown", value: "**wait**: Waits for a duration." },
    });
  });

  test("offers the tasks of the list after then", async () => {
    const items: readonly { label: string }[] = await client.sendRequest("textDocument/completion", {
      textDocument: { uri },
      position: { line: 5, character: 12 },
    });
    expect(items.map(({ label }) => label)).toEqual(["one", "two", "continue", "exit", "end"]);
  });

  test("renames a task everywhere, and says why where it cannot", async () => {
    const rename = { textDocument: { uri }, position: { line: 6, character: 5 } };
    expect(await client.sendRequest("textDocument/prepareRename", rename)).toEqual({
      start: { line: 6, character: 4 },
      end: { line: 6, character: 7 },
    });
    expect(await client.sendRequest("textDocument/rename", { ...rename, newName: "pause" })).toEqual({
      changes: {
        [uri]: [
          { range: { start: { line: 6, character: 4 }, end: { line: 6, character: 7 } }, newText: "pause" },
          { range: { start: { line: 5, character: 12 }, end: { line: 5, character: 15 } }, newText: "pause" },
        ],
      },
    });
    await expect(client.sendRequest("textDocument/rename", { ...rename, newName: "one" })).rejects.toThrow(
      'Cannot rename to "one": there is one already',
    );
  });

  test("finds what refers to a task", async () => {
    const place = { textDocument: { uri }, position: { line: 6, character: 5 } };
    const lines = async (includeDeclaration: boolean): Promise<readonly number[]> => {
      const found: readonly { range: { start: { line: number } } }[] = await client.sendRequest(
        "textDocument/references",
        { ...place, context: { includeDeclaration } },
      );
      return found.map(({ range }) => range.start.line);
    };
    expect([await lines(true), await lines(false)]).toEqual([[6, 5], [5]]);
  });

  test("outlines the tasks", async () => {
    const symbols: readonly { name: string; detail: string }[] = await client.sendRequest(
      "textDocument/documentSymbol",
      { textDocument: { uri } },
    );
    expect(symbols.map(({ name, detail }) => [name, detail])).toEqual([
      ["one", "set"],
      ["two", "wait"],
    ]);
  });

  test("formats as `stigmer fmt` does", async () => {
    const request = { textDocument: { uri }, options: { tabSize: 2, insertSpaces: true } };
    const [edit]: readonly { newText: string }[] = await client.sendRequest("textDocument/formatting", request);
    const text = TEXT.replace("then: three", "then: two");
    expect(edit?.newText ?? text).toBe(formatWorkflow(text).text);
  });
});
