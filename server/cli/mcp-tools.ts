import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { CommandDefinition } from "./command.ts";
import { apply } from "./commands/apply.ts";
import { describe } from "./commands/describe.ts";
import { explain } from "./commands/explain.ts";
import { get } from "./commands/get.ts";
import { graph } from "./commands/graph.ts";
import { history } from "./commands/history.ts";
import { run } from "./commands/run.ts";
import { test } from "./commands/test.ts";
import { validate } from "./commands/validate.ts";

/** The arguments of a call of a tool. */
export type ToolArguments = { readonly [name: string]: unknown };

/** A tool for agents: a command of the command line with its arguments as JSON. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: {
    readonly type: "object";
    readonly properties: { readonly [name: string]: object };
    readonly required?: readonly string[];
  };
  /** Whether it changes nothing, as hosts ask before they let an agent call it. */
  readonly readOnly: boolean;
  readonly command: CommandDefinition;
  /** The command's arguments. Texts of definitions are put into `folder`, which is gone after the call. */
  arguments(given: ToolArguments, folder: string): Promise<readonly string[]>;
}

const text = (description: string): object => ({ type: "string", description });
const definition = {
  definition: text("the definition's YAML or JSON text; or give `file`"),
  file: text("path of the definition's file; or give `definition`"),
};

/** The tools of `stigmer mcp`, in the order an agent needs them. */
export const tools: readonly Tool[] = [
  {
    name: "validate",
    description:
      "Check a workflow definition: shape, references, jq expressions, habits. Gives a list of diagnostics with code, line, column and hint; an empty list when there is nothing to say.",
    inputSchema: { type: "object", properties: definition },
    readOnly: true,
    command: validate,
    arguments: async (given, folder) => [await fileOf(given, folder), "-o", "json"],
  },
  {
    name: "explain",
    description: "Explain a diagnostic code such as OW1102: why it is so, an example, the remedy.",
    inputSchema: { type: "object", properties: { code: text("the code or its name") }, required: ["code"] },
    readOnly: true,
    command: explain,
    arguments: async ({ code }) => [String(code)],
  },
  {
    name: "test",
    description:
      "Run a workflow's tests with mocks and a virtual clock; touches nothing outside. Either `path` of test files on disk, or the texts of `definition` and `tests` (the content of a workflow.test.yaml).",
    inputSchema: {
      type: "object",
      properties: {
        path: text("a *.test.yaml file or a folder with some"),
        definition: text("the workflow's text"),
        tests: text(
          "the tests' text: `cases: [{ name, given: { input }, mocks: { task: { output } }, expect: { output } }]`",
        ),
      },
    },
    readOnly: true,
    command: test,
    async arguments(given, folder) {
      if (typeof given["path"] === "string") return [given["path"], "-o", "json"];
      if (typeof given["definition"] !== "string" || typeof given["tests"] !== "string")
        throw new Error('Cannot test: there should be a "path", or both "definition" and "tests"');
      await writeFile(path.join(folder, "workflow.yaml"), given["definition"]);
      await writeFile(path.join(folder, "workflow.test.yaml"), given["tests"]);
      return [folder, "-o", "json"];
    },
  },
  {
    name: "graph",
    description: "Draw a workflow as Mermaid, text, SVG or JSON.",
    inputSchema: {
      type: "object",
      properties: { ...definition, format: { type: "string", enum: ["mermaid", "ascii", "svg", "json"] } },
    },
    readOnly: true,
    command: graph,
    arguments: async (given, folder) => [await fileOf(given, folder), "-o", String(given["format"] ?? "mermaid")],
  },
  {
    name: "apply",
    description: "Create or update workflows and other resources on the server.",
    inputSchema: {
      type: "object",
      properties: { ...definition, dryRun: { type: "boolean", description: "check everything, store nothing" } },
    },
    readOnly: false,
    command: apply,
    arguments: async (given, folder) => [
      "-f",
      await fileOf(given, folder),
      "-o",
      "json",
      ...(given["dryRun"] === true ? ["--dry-run"] : []),
    ],
  },
  {
    name: "run",
    description:
      "Run a workflow and give its result: an applied one by name, or a definition, which is applied first (without a reachable server it runs in this process and is not kept).",
    inputSchema: {
      type: "object",
      properties: {
        ...definition,
        workflow: text("name or id of an applied workflow; or give `definition` or `file`"),
        input: { description: "the input, any JSON" },
        wait: { type: "boolean", description: "false: start it and give the execution's id" },
        timeout: text("how long to wait for the end, such as 30s (default 60s); the run goes on"),
      },
    },
    readOnly: false,
    command: run,
    arguments: async (given, folder) => [
      typeof given["workflow"] === "string" ? given["workflow"] : await fileOf(given, folder),
      ...(given["input"] === undefined ? [] : [`--input=${JSON.stringify(given["input"])}`]),
      ...(given["wait"] === false ? ["--no-wait"] : ["--timeout", String(given["timeout"] ?? "60s")]),
    ],
  },
  {
    name: "get",
    description: "Show resources of the server: workflows, instances, executions (runs), environments, agents.",
    inputSchema: {
      type: "object",
      properties: {
        kind: text("workflow, instance, execution, environment, agent or agentinstance"),
        name: text("one resource by name or id; without it, a list"),
        limit: { type: "integer", minimum: 1, description: "the longest list (default 50)" },
      },
      required: ["kind"],
    },
    readOnly: true,
    command: get,
    arguments: async ({ kind, name, limit }) => [
      String(kind),
      ...(typeof name === "string" ? [name] : []),
      "-o",
      "json",
      "--limit",
      String(limit ?? 50),
    ],
  },
  {
    name: "inspect",
    description:
      "Tell everything about one execution in words: its state, why it waits, what its next step is, what it did, its error.",
    inputSchema: { type: "object", properties: { execution: text("the execution's id") }, required: ["execution"] },
    readOnly: true,
    command: describe,
    arguments: async ({ execution }) => ["execution", String(execution)],
  },
  {
    name: "history",
    description: "The facts an execution is made of, in order, with what happened to its tasks at each.",
    inputSchema: { type: "object", properties: { execution: text("the execution's id") }, required: ["execution"] },
    readOnly: true,
    command: history,
    arguments: async ({ execution }) => [String(execution), "-o", "json"],
  },
];

/** Calls `use` with a folder of its own, which is removed afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "stigmer-mcp-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fileOf(given: ToolArguments, folder: string): Promise<string> {
  if (typeof given["definition"] === "string") {
    const file = path.join(folder, "workflow.yaml");
    await writeFile(file, given["definition"]);
    return file;
  }
  if (typeof given["file"] === "string") return given["file"];
  throw new Error('Cannot read the workflow: there should be a "definition" or a "file"');
}
