import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { commands } from "../server/cli/commands/index.ts";
import { type CommandLine, type ServerProcess, builtCommandLine } from "../tools/command-line.ts";

/*
 * What scripts rely on: every command, in every output format it offers, once in a pipe and once on a terminal. The exit status is the same in both places, machine formats parse in both,
 * a pipe never sees an escape sequence, and a terminal sees none with NO_COLOR.
 */

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-contract-"));
const entry = path.resolve("server/dist/bundle/stigmer.js");
const ESCAPE = String.fromCodePoint(27);
const WORKFLOWS = {
  greet: `document: { dsl: 1.0.3, namespace: contract, name: greet, version: 1.0.0 }\ndo:\n  - hello: { set: { text: hello } }\n`,
  patient: `document: { dsl: 1.0.3, namespace: contract, name: patient, version: 1.0.0 }\ndo:\n  - hold: { listen: { to: { one: { with: { type: com.example.go } } } } }\n  - done: { set: { ok: true } }\n`,
  broken: `document: { dsl: 1.0.3, namespace: contract, name: broken, version: 1.0.0 }\ndo:\n  - fail: { raise: { error: { type: "https://example.com/broken", status: 500, title: Broken } } }\n`,
};

let line: CommandLine;
let server: ServerProcess;
let files = 0;
/** What restore is given. Made once: the server makes one backup at a time. */
const backup = path.join(folder, "backup.db");
const workflowIds = new Map<string, string>();

interface Outcome {
  readonly status: number | null;
  readonly text: string;
}

const env = (): { readonly [name: string]: string } => ({ STIGMER_SERVER_ADDR: server.address, HOME: folder });
const file = (name: keyof typeof WORKFLOWS): string => path.join(folder, `${name}.yaml`);
/** A name that nothing has yet. */
const fresh = (): string => path.join(folder, `fresh-${String(files++)}`);

/** Runs a command with its output in a pipe; what it says on standard error is no part of the text. */
async function inPipe(args: readonly string[]): Promise<Outcome> {
  const { status, stdout } = await line.run(args, { env: env(), cwd: folder });
  return { status, text: stdout };
}

/** Runs a command on a pseudo-terminal, made by `script` of util-linux. A terminal has one stream, so messages are silenced in the shell. */
function onTerminal(args: readonly string[], extra: { readonly [name: string]: string } = {}): Promise<Outcome> {
  const command = [process.execPath, entry, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const child: ChildProcess = spawn("script", ["-qefc", `${command} 2>/dev/null`, "/dev/null"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], TERM: "xterm-256color", TZ: "UTC", COLUMNS: "200", ...env(), ...extra },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
  return new Promise((resolve) => {
    child.once("close", (status) => resolve({ status, text: text.replaceAll("\r\n", "\n") }));
  });
}

/** A call of the server itself: what a command is to work on is made without the cost of another command. */
async function call(method: string, request: object): Promise<{ readonly metadata?: { readonly id: string } }> {
  const response = await fetch(`http://${server.address}/ai.stigmer.${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const body = (await response.json()) as { readonly metadata?: { readonly id: string } };
  if (!response.ok) throw new Error(`${method}: ${JSON.stringify(body)}`);
  return body;
}

const resource = (kind: string, name: string, spec: object): object => ({
  apiVersion: "agentic.stigmer.ai/v1",
  kind,
  metadata: { name, org: "local", ownerScope: "organization" },
  spec,
});

async function applied(name: string, definition: string): Promise<string> {
  const { metadata } = await call(
    "agentic.workflow.v1.WorkflowCommandController/apply",
    resource("Workflow", name, { definition }),
  );
  return metadata?.id ?? "";
}

async function startRun(workflow: keyof typeof WORKFLOWS): Promise<string> {
  const name = `run-${String(files++)}`;
  const { metadata } = await call(
    "agentic.workflowexecution.v1.WorkflowExecutionCommandController/create",
    resource("WorkflowExecution", name, { workflowId: workflowIds.get(workflow) }),
  );
  return metadata?.id ?? "";
}

async function endedRun(workflow: "greet" | "broken"): Promise<string> {
  const executionId = await startRun(workflow);
  await call("orchestration.v1.WorkflowExecutionService/awaitEnd", { executionId });
  return executionId;
}

beforeAll(async () => {
  line = await builtCommandLine();
  for (const [name, text] of Object.entries(WORKFLOWS)) writeFileSync(path.join(folder, `${name}.yaml`), text);
  server = await line.server(["--data", path.join(folder, "data")]);
  expect(await line.run(["backup", backup], { env: env() })).toMatchObject({ status: 0 });
  for (const [name, text] of Object.entries(WORKFLOWS)) workflowIds.set(name, await applied(name, text));
}, 60_000);

afterAll(async () => {
  await server?.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

/** How a command is called: its arguments, made anew for each call because some use up what they name; and its exit status. */
interface Use {
  arguments(): readonly string[] | Promise<readonly string[]>;
  readonly status?: number;
}

const fixed = (...args: readonly string[]): Use => ({ arguments: () => args });
const onRun = (workflow: keyof typeof WORKFLOWS, ...args: readonly string[]): Use => ({
  arguments: async () => [await startRun(workflow), ...args],
});

const uses: { readonly [command: string]: Use } = {
  apply: { arguments: () => ["-f", file("greet")] },
  diff: { arguments: () => ["-f", file("greet")] },
  run: fixed("greet"),
  get: fixed("workflows"),
  describe: fixed("workflow", "greet"),
  wait: { arguments: async () => [await endedRun("greet")] },
  logs: { arguments: async () => [await endedRun("greet")] },
  history: { arguments: async () => [await endedRun("greet")] },
  cancel: onRun("patient"),
  suspend: onRun("patient"),
  resume: {
    async arguments() {
      const id = await startRun("patient");
      await call("orchestration.v1.WorkflowExecutionService/suspend", { executionId: id });
      return [id];
    },
  },
  retry: { arguments: async () => [await endedRun("broken")] },
  skip: onRun("patient", "hold"),
  goto: onRun("patient", "done"),
  patch: onRun("patient", "--set", "a=1"),
  "send-event": fixed("com.example.other"),
  delete: {
    async arguments() {
      const name = `gone-${String(files++)}`;
      await applied(name, WORKFLOWS.greet.replace("name: greet", `name: ${name}`));
      return ["workflow", name, "--yes"];
    },
  },
  validate: { arguments: () => [file("greet")] },
  test: {
    async arguments() {
      const project = fresh();
      await line.run(["init", project], { env: env() });
      return [project];
    },
  },
  fmt: { arguments: () => [file("greet")] },
  explain: fixed("OW1102"),
  graph: { arguments: () => [file("greet")] },
  init: { arguments: () => [fresh()] },
  examples: fixed(),
  schema: fixed(),
  config: fixed(),
  context: fixed(),
  doctor: fixed(),
  backup: { arguments: () => [`${fresh()}.db`] },
  restore: {
    arguments: () => [backup, "--data", fresh()],
  },
  "rotate-key": {
    async arguments() {
      const data = fresh();
      const stopped = await line.server(["--data", data]);
      await stopped.end("SIGTERM");
      return ["--data", data];
    },
  },
  completion: fixed("bash"),
};

/** Commands that serve until they are told to stop: examples/editors-and-agents.test.ts and server/cli/commands/dev.test.ts drive them. */
const SERVING = ["server", "dev", "mcp", "lsp"];

/** Reads a text in a format; throws when it is not in it. */
const reads: { readonly [format: string]: (text: string) => unknown } = {
  json: (text) => JSON.parse(text),
  sarif: (text) => expect(JSON.parse(text)).toMatchObject({ version: "2.1.0" }),
  jsonl: (text) =>
    text
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((one) => JSON.parse(one) as unknown),
  yaml: (text) => parseAllDocuments(text).map((one) => (expect(one.errors).toEqual([]), one.toJS() as unknown)),
  name: (text) => expect(text).toMatch(/^(\S+\n)*$/),
  junit: (text) => expect(text).toMatch(/^<\?xml[\s\S]*<\/testsuites>\s*$/),
  svg: (text) => expect(text).toMatch(/^<svg[\s\S]*<\/svg>\s*$/),
  mermaid: (text) => expect(text).toMatch(/^(flowchart|graph)/),
  table: () => undefined,
  wide: () => undefined,
  text: () => undefined,
  ascii: (text) => expect(text.trim()).not.toBe(""),
};

/** The formats of a command's `-o`, as its own description lists them. */
function formatsOf(name: string): readonly string[] {
  const output = commands.find((one) => one.name === name)?.options?.find(({ flags }) => flags.startsWith("-o,"));
  return output === undefined ? [] : output.description.split(/, | or /).map((one) => one.trim());
}

const visible = commands.filter(({ hidden }) => hidden !== true).map(({ name }) => name);
const rows = visible
  .filter((name) => !SERVING.includes(name))
  .flatMap((name) => [undefined, ...formatsOf(name)].map((format) => ({ name, format })));

describe("every command, in a pipe and on a terminal", () => {
  test("no command is forgotten, and every format can be read", () => {
    expect([...Object.keys(uses), ...SERVING].toSorted()).toEqual(visible.toSorted());
    expect(rows.flatMap(({ format }) => format ?? []).filter((format) => !Object.hasOwn(reads, format))).toEqual([]);
  });

  test.concurrent.each(rows)("$name -o $format", async ({ name, format }) => {
    const use = uses[name] as Use;
    const options = format === undefined ? [] : ["-o", format];
    const args = async (): Promise<readonly string[]> => [name, ...(await use.arguments()), ...options];
    const piped = await inPipe(await args());
    expect({ status: piped.status, escapes: piped.text.includes(ESCAPE) }).toEqual({
      status: use.status ?? 0,
      escapes: false,
    });
    // A format looks the same on a terminal; one of them and the default are tried there.
    if (format !== undefined && format !== "json") return void reads[format]?.(piped.text);
    const plain = await onTerminal(await args(), { NO_COLOR: "1" });
    expect({ status: plain.status, escapes: /\[[0-9;]*m/.test(plain.text) }).toEqual({
      status: piped.status,
      escapes: false,
    });
    if (format === undefined) return;
    for (const { text } of [piped, plain]) reads[format]?.(text);
  });
});

describe("exit statuses, in a pipe and on a terminal", () => {
  const cases: readonly (readonly [what: string, status: number, args: Use["arguments"]])[] = [
    ["an unknown option", 2, () => ["get", "workflows", "--colour"]],
    ["a misspelt command", 2, () => ["aply"]],
    ["a definition with a mistake", 3, () => ["validate", "mistake.yaml"]],
    ["a run that fails", 1, () => ["run", "broken"]],
    ["a name that nothing has", 5, () => ["get", "workflow", "nobody"]],
    ["a wait that takes too long", 6, async () => ["wait", await startRun("patient"), "--timeout", "0.05s"]],
    ["a server that is not there", 7, () => ["get", "workflows", "--server", "127.0.0.1:1"]],
  ];

  test.each(cases)("%s ends with %i", async (_what, status, args) => {
    writeFileSync(path.join(folder, "mistake.yaml"), WORKFLOWS.greet.replace("set:", "st:"));
    expect((await inPipe(await args())).status).toBe(status);
    expect((await onTerminal(await args())).status).toBe(status);
  });
});

describe("empty lists", () => {
  test.each([
    ["json", []],
    ["jsonl", []],
    ["yaml", []],
  ])("are valid %s", async (format, expected) => {
    const { status, text } = await inPipe(["get", "agents", "-o", format]);
    expect(status).toBe(0);
    const read = format === "yaml" ? parse(text) : reads[format]?.(text);
    expect(read).toEqual(expected);
  });
});

describe("a terminal", () => {
  test("sees a run as it goes, with colours, and ends with the result", async () => {
    mkdirSync(path.join(folder, "tree"), { recursive: true });
    const command = [process.execPath, entry, "run", "greet"].join(" ");
    const child = spawn("script", ["-qefc", command, "/dev/null"], {
      cwd: folder,
      env: { PATH: process.env["PATH"], TERM: "xterm-256color", COLUMNS: "100", ...env() },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect({ status, coloured: text.includes(ESCAPE) }).toEqual({ status: 0, coloured: true });
    expect(text).toContain("hello");
    expect(text).toContain('"text"');
  });
});
