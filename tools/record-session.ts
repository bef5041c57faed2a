import { spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { builtCommandLine } from "./command-line.ts";

/*
 * `npx tsx tools/record-session.ts`: goes through the tutorial as a new user would, in an empty folder with the built command line, and writes what the terminal shows to
 * docs/guides/tutorial-session.txt. What differs from machine to machine (ids, times, the port) is made the same, so that a test can tell whether the record is up to date.
 */

const root = path.resolve(import.meta.dirname, "..");
const entry = path.join(root, "server/dist/bundle/stigmer.js");

/** Where the record stands. */
export const sessionPath = path.join(root, "docs/guides/tutorial-session.txt");

const HEADER = "document: { dsl: 1.0.3, namespace: shop, name: mistake, version: 1.0.0 }\n";
/** The four mistakes that checks by schema alone answer with a flood, or not at all. */
const MISTAKES: { readonly [file: string]: string } = {
  "typo.yaml": `${HEADER}do:\n  - greet:\n      cal: http\n      with: { method: get, endpoint: https://shop.example/items }\n`,
  "then.yaml": `${HEADER}do:\n  - greet:\n      set: { text: hello }\n      then: gret\n  - a:\n      set: { x: 1 }\n`,
  "jq.yaml": `${HEADER}do:\n  - greet:\n      set:\n        text: \${ .name | ascii_upcase + }\n`,
  "missing.yaml": `${HEADER}do:\n  - fetch:\n      call: http\n      with: { method: get }\n`,
};

/** One thing the user does: a remark, a command typed, or files written in an editor. */
type Step =
  | { readonly note: string }
  | { readonly command: string }
  | { readonly edit: string; readonly change: (text: string) => string };

const steps: readonly Step[] = [
  { note: "1. A workflow and its tests" },
  { command: "stigmer init hello" },
  { command: "cat hello/workflow.yaml" },
  { note: "2. Check and test, without a server" },
  { command: "stigmer validate hello/workflow.yaml" },
  { command: "stigmer test hello --coverage" },
  { note: "3. Run it" },
  { command: "stigmer run hello/workflow.yaml --set name=Ada" },
  { note: "4. A server that follows the editor, in a second terminal: stigmer dev hello --ephemeral" },
  { command: "stigmer run hello --set name=Ada" },
  { command: "stigmer get runs" },
  { command: "stigmer graph hello/workflow.yaml" },
  { command: "stigmer diff -f hello/workflow.yaml" },
  { note: "5. A mistake: `st:` instead of `set:`, saved in the editor; the second terminal says so, and so does" },
  { edit: "hello/workflow.yaml", change: (text) => text.replace("set:", "st:") },
  { command: "stigmer validate hello/workflow.yaml" },
  { command: "stigmer explain OW1020" },
  { edit: "hello/workflow.yaml", change: (text) => text.replace("st:", "set:") },
  {
    note: "Four mistakes that others answer with a flood of errors, or not at all: a typo, a `then` to nowhere, broken jq, a missing field",
  },
  ...Object.keys(MISTAKES).map((file) => ({ command: `stigmer validate ${file}` })),
  { note: "And on the command line: a command, a flag, a kind and a name" },
  { command: "stigmer aply" },
  { command: "stigmer get runs --ouput json" },
  { command: "stigmer get workflos" },
  { command: "stigmer run helo" },
];

/** Runs the session and gives the record; `folder` is where it works, and is gone afterwards. */
export async function recordSession(): Promise<string> {
  await builtCommandLine();
  const home = mkdtempSync(path.join(os.tmpdir(), "stigmer-session-"));
  const work = path.join(home, "work");
  mkdirSync(work);
  for (const [file, text] of Object.entries(MISTAKES)) writeFileSync(path.join(work, file), text);
  const environment: NodeJS.ProcessEnv = { PATH: process.env["PATH"], HOME: home, TZ: "UTC", NO_COLOR: "1" };
  const said: string[] = [];
  let server: { readonly address: string; end(): Promise<string> } | undefined;
  try {
    for (const step of steps) {
      if ("note" in step) {
        said.push(`\n# ${step.note}\n`);
        if (step.note.startsWith("4.")) server = await startServer(work, home, environment);
      } else if ("edit" in step) {
        const file = path.join(work, step.edit);
        writeFileSync(file, step.change(readFileSync(file, "utf8")));
      } else {
        const env = server === undefined ? environment : { ...environment, STIGMER_SERVER_ADDR: server.address };
        const { text, status } = await typed(step.command, work, home, env);
        said.push(`$ ${step.command}\n${text}${status === 0 ? "" : `[exit status ${status}]\n`}`);
      }
    }
    said.push(`\n# The second terminal\n$ stigmer dev hello --ephemeral\n${firstLines(await server?.end())}`);
    return normalised(said.join("").trimStart(), work, server?.address);
  } finally {
    await server?.end();
    rmSync(home, { recursive: true, force: true });
  }
}

/** The output of a command as a terminal shows it: both streams in the order they were written. */
async function typed(
  command: string,
  cwd: string,
  home: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly text: string; readonly status: number | null }> {
  const [program = "", ...args] = command.split(" ");
  const shown = path.join(home, "shown.txt");
  const screen = openSync(shown, "w");
  const child =
    program === "stigmer"
      ? spawn(process.execPath, [entry, ...args], { cwd, env, stdio: ["ignore", screen, screen] })
      : spawn(program, args, { cwd, env, stdio: ["ignore", screen, screen] });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  closeSync(screen);
  return { text: readFileSync(shown, "utf8"), status };
}

async function startServer(cwd: string, home: string, env: NodeJS.ProcessEnv) {
  const shown = path.join(home, "server.txt");
  const screen = openSync(shown, "w");
  const args = [entry, "dev", "hello", "--ephemeral", "--port", "0"];
  const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", screen, screen] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const text = (): string => readFileSync(shown, "utf8");
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  while (!text().includes("watching") && !isGone()) await new Promise((resolve) => setTimeout(resolve, 50));
  const address = /http:\/\/(127\.0\.0\.1:\d+)/u.exec(text())?.[1];
  if (address === undefined) throw new Error(`Cannot start the server of the session:\n${text()}`);
  return {
    address,
    async end(): Promise<string> {
      if (!isGone()) child.kill("SIGINT");
      await ended;
      return text();
    },
  };
}

/** What a server says until it watches; what comes then depends on how fast files are saved. */
function firstLines(text = ""): string {
  return `${text.slice(0, text.indexOf("watching"))}${/watching .*\n/u.exec(text)?.[0] ?? ""}`;
}

function normalised(text: string, work: string, address = "127.0.0.1:7234"): string {
  return text
    .replaceAll(address, "127.0.0.1:7234")
    .replaceAll(`${work}${path.sep}`, "")
    .replaceAll(/\b(wex|wfl|win)-[0-9a-z]{26}\b/gu, "$1-01m844dj6d9y63ns4py6f1jkqx")
    .replaceAll(/\b\d+(\.\d+)? m?s\b/gu, "1 ms")
    .replaceAll(/(completed +)\d+s$/gmu, "$11s")
    .replaceAll(/ +$/gmu, "");
}

if (process.argv[1] === import.meta.filename) writeFileSync(sessionPath, await recordSession());
