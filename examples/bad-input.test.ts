import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandLine, type ServerProcess, builtCommandLine } from "../tools/command-line.ts";

/* What a user meets who makes a mistake: one clear error that says what, where and what to do, the right exit status, nothing on standard output, no stack trace. */

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-bad-input-"));
let line: CommandLine;
let server: ServerProcess;

const header = "document: { dsl: 1.0.3, namespace: test, name: bad, version: 1.0.0 }\n";
const files: { readonly [name: string]: string } = {
  "tab.yaml": `${header}do:\n\t- a: { set: { x: 1 } }\n`,
  "duplicate.yaml": `${header}do:\n  - a:\n      set: { x: 1 }\n      set: { y: 2 }\n`,
  "typo.yaml": `${header}do:\n  - a:\n      cal: http\n      with: { method: get, endpoint: http://127.0.0.1 }\n`,
  "nowhere.yaml": `${header}do:\n  - a: { set: { x: 1 }, then: nowhere }\n`,
  "jq.yaml": `${header}do:\n  - a: { set: { x: "\${ .a | }" } }\n`,
  "input.yaml": `${header}input: { schema: { document: { type: object, required: [id] } } }\ndo:\n  - a: { set: { x: 1 } }\n`,
  "good.yaml": `${header}do:\n  - a: { set: { x: 1 } }\n`,
};

beforeAll(async () => {
  line = await builtCommandLine();
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  server = await line.server(["--data", path.join(folder, "data")]);
}, 60_000);

afterAll(async () => {
  await server?.end("SIGTERM");
  chmodSync(path.join(folder, "locked"), 0o700);
  rmSync(folder, { recursive: true, force: true });
});

interface Mistake {
  readonly name: string;
  readonly args: readonly string[];
  readonly status: number;
  /** All of these are in the message. */
  readonly says: readonly string[];
}

const mistakes: readonly Mistake[] = [
  {
    name: "an unreadable file",
    args: ["apply", "-f", "missing.yaml"],
    status: 3,
    says: ['Cannot read "missing.yaml"', "no such file"],
  },
  { name: "a tab", args: ["validate", "tab.yaml"], status: 3, says: ["tab.yaml:3:1", "tab"] },
  { name: "a duplicate key", args: ["validate", "duplicate.yaml"], status: 3, says: ["duplicate.yaml:5:7", "set"] },
  {
    name: "a typo in a task",
    args: ["apply", "-f", "typo.yaml"],
    status: 3,
    says: ["typo.yaml:4:7", "did you mean", "call", "^^^"],
  },
  { name: "a then to nowhere", args: ["apply", "-f", "nowhere.yaml"], status: 3, says: ["nowhere.yaml:3:", "nowhere"] },
  { name: "broken jq", args: ["run", "jq.yaml"], status: 3, says: ["jq.yaml:3:"] },
  {
    name: "an unknown workflow",
    args: ["run", "no-such-workflow"],
    status: 5,
    says: ["Workflow not found: no-such-workflow"],
  },
  {
    name: "an input that the schema refuses",
    args: ["run", "input.yaml"],
    status: 3,
    says: ["its input schema refuses the input", '"id"', "--input"],
  },
  { name: "an unknown command", args: ["aply"], status: 2, says: ["aply", "apply"] },
  { name: "an unknown flag", args: ["apply", "--fil", "x"], status: 2, says: ["--fil", "--file"] },
  { name: "an unknown kind", args: ["get", "workflos"], status: 2, says: ["workflos", "did you mean"] },
  {
    name: "input that is neither JSON nor YAML",
    args: ["run", "good.yaml", "--input", "{a: [}"],
    status: 3,
    says: ["Cannot read --input"],
  },
  { name: "a delete without --yes off a terminal", args: ["delete", "workflow", "bad"], status: 2, says: ["--yes"] },
  { name: "a setting that is not one", args: ["server", "--port", "many"], status: 2, says: ["--port", "many"] },
  {
    name: "an open bind without --insecure",
    args: ["server", "--host", "0.0.0.0", "--port", "0", "--data", "open"],
    status: 1,
    says: ["0.0.0.0", "--insecure"],
  },
];

describe("a mistake", () => {
  test.each(mistakes)("$name is told clearly and ends with $status", async ({ args, status, says }) => {
    const result = await line.run(args, { cwd: folder, env: { STIGMER_SERVER_ADDR: server.address } });
    expect({ status: result.status, stdout: result.stdout }, result.stderr).toEqual({ status, stdout: "" });
    for (const words of says) expect(result.stderr).toContain(words);
    expect(result.stderr).not.toMatch(/\n\s+at .+:\d+:\d+\)?\n/u);
  });

  test("a server that is not there ends with 7 and says how to start one", async () => {
    const { status, stderr } = await line.run(["get", "workflows", "--server", "127.0.0.1:1"]);
    expect({ status, stderr }).toEqual({ status: 7, stderr: expect.stringContaining("stigmer server") });
    expect(stderr).toContain("127.0.0.1:1");
  });

  test("a port in use ends with 1 and names the port", async () => {
    const port = server.address.split(":")[1] as string;
    const { status, stderr } = await line.run(["server", "--port", port, "--data", path.join(folder, "other")]);
    expect(status).toBe(1);
    expect(stderr).toContain(port);
    expect(stderr).toContain("--port");
  });

  test("a data directory in use by another process is refused with its pid, and the other goes on", async () => {
    const { status, stderr } = await line.run(["server", "--port", "0", "--data", path.join(folder, "data")]);
    expect(status).toBe(1);
    expect(stderr).toContain(String(server.process.pid));
    expect(
      (await line.run(["get", "workflows", "-o", "json"], { env: { STIGMER_SERVER_ADDR: server.address } })).stdout,
    ).toBe("[]\n");
  });

  test("a data directory that is a file is refused and the file left alone", async () => {
    mkdirSync(path.join(folder, "locked"), { recursive: true });
    const { status, stderr } = await line.run(["server", "--port", "0", "--data", path.join(folder, "good.yaml")]);
    expect(status).toBe(1);
    expect(stderr).toContain("good.yaml");
    expect(stderr).not.toMatch(/\n\s+at /u);
  });
});
