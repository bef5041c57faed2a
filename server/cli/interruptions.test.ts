import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandLine, type ServerProcess, builtCommandLine } from "../../tools/command-line.ts";
import { describeNeeding } from "../../tools/testing/need.ts";

/* What happens around a command that it cannot help: its reader leaves, its terminal closes, Ctrl-C, a full disk, a server that vanishes. Each with the built command line as a process of its own. */

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-interruptions-"));
const entry = path.resolve(import.meta.dirname, "../dist/bundle/stigmer.js");
let line: CommandLine;
let server: ServerProcess;
const children: ChildProcess[] = [];

beforeAll(async () => {
  line = await builtCommandLine();
  server = await line.server(["--ephemeral"]);
  writeFileSync(
    path.join(folder, "listen.yaml"),
    "document: { dsl: 1.0.3, namespace: t, name: listen, version: 1.0.0 }\ndo:\n  - hear: { listen: { to: { one: { with: { type: never.comes } } } } }\n",
  );
}, 120_000);

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await server?.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

function start(args: readonly string[], stdout: "pipe" | number, address = server.address) {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", entry, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, STIGMER_SERVER_ADDR: address },
    stdio: ["ignore", stdout, "pipe"],
  });
  children.push(child);
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (status, signal) => resolve({ status, signal, stderr }));
  });
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stderr.includes(text)) resolve();
      };
      child.stderr?.on("data", look);
      void ended.then(() => reject(new Error(`It ended before it said "${text}":\n${stderr}`)));
      look();
    });
  return { child, ended, said };
}

const withoutStack = (text: string): void => expect(text).not.toMatch(/\n\s+at .+:\d+:\d+\)?(\n|$)/u);

describe("a broken pipe", () => {
  test("of standard output ends quietly, as head expects", async () => {
    const { child, ended } = start(["explain", "-o", "json"], "pipe");
    child.stdout?.destroy();
    expect(await ended).toEqual({ status: 0, signal: null, stderr: "" });
  });

  test("of standard error does not stop a server", async () => {
    const data = ["server", "--port", "0", "--ephemeral"];
    const { child, said, ended } = start(data, "pipe");
    await said("ready");
    child.stderr?.destroy();
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ status: 0 });
  });
});

describeNeeding(existsSync("/dev/full") ? undefined : "needs the device /dev/full", "a full disk", () => {
  test.each([["explain", "-o", "json"], ["get", "workflows", "-o", "json"], ["graph", "listen.yaml"], ["--help"]])(
    "is told and ends with 1: %s",
    async (...args) => {
      const full = openSync("/dev/full", "w");
      const result = await start(args, full).ended;
      closeSync(full);
      expect(result).toMatchObject({ status: 1, stderr: "error: Cannot write the output: the disk is full\n" });
    },
  );

  test("leaves a file as it was that fmt cannot write", async () => {
    const file = path.join(folder, "ugly.yaml");
    const text = "do:\n    - a: { set: {   x: 1 } }\ndocument: { dsl: 1.0.3, namespace: t, name: u, version: 1.0.0 }\n";
    writeFileSync(file, text);
    // A limit on the size of files is what a full disk is to one process.
    const child = spawn(
      "bash",
      ["-c", `ulimit -f 0; trap '' XFSZ; exec "$@"`, "-", process.execPath, entry, "fmt", file],
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining(`error: Cannot write "${file}"`) as string,
    });
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});

describe("Ctrl-C", () => {
  test("stops watching a run with 130, and the run goes on", async () => {
    const { child, ended, said } = start(["run", "listen.yaml"], "pipe");
    await said("run waiting");
    child.kill("SIGINT");
    const { status, stderr } = await ended;
    expect(status).toBe(130);
    expect(stderr).toContain("the run goes on");
    withoutStack(stderr);
    expect(
      (await line.run(["get", "runs", "--phase", "waiting", "-o", "name", "--server", server.address])).stdout,
    ).toMatch(/^execution\/wex-/u);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends a command that waits for a silent server at once with %i", async (signal, status) => {
    const { createServer } = await import("node:net");
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const asked = new Promise((resolve) => silent.once("connection", resolve));
    const { port } = silent.address() as { readonly port: number };
    const { child, ended } = start(["get", "runs"], "pipe", `127.0.0.1:${port}`);
    await asked;
    child.kill(signal);
    expect(await ended).toEqual({ status, signal: null, stderr: "" });
    silent.close();
  });

  test("a closed terminal ends a command that watches, without a stack trace", async () => {
    const { child, ended, said } = start(["run", "listen.yaml"], "pipe");
    await said("run waiting");
    child.kill("SIGHUP");
    const { status, stderr } = await ended;
    expect(status).toBe(130);
    withoutStack(stderr);
  });
});

test("a server that vanishes while a run is watched ends with 7, and says how to start one", async () => {
  const other = await line.server(["--ephemeral"]);
  const { ended, said } = start(["run", "listen.yaml"], "pipe", other.address);
  await said("run waiting");
  await other.end("SIGKILL");
  const { status, stderr } = await ended;
  expect(status).toBe(7);
  expect(stderr).toContain(`error: Cannot reach the server at ${other.address}`);
  expect(stderr).toContain("help:");
  withoutStack(stderr);
}, 30_000);
