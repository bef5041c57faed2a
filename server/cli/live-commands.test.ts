import { mkdirSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test as check, vi } from "vitest";
import { type App, startApp } from "../app.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import type { CommandDefinition } from "./command.ts";
import { commands } from "./commands/index.ts";
import { candidates } from "./completion.ts";
import { type CommandOutcome, runCommand } from "./run-command.ts";

/* Commands that talk to a server, against a real one in this process. */

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-live-"));
let app: App;
beforeAll(async () => {
  const flags = { ephemeral: true, port: 0, "log-level": "silent", "allow-network": "127.0.0.0/8" };
  app = await startApp(resolveConfig({ flags, environment: {} }).config);
}, 60_000);
afterAll(async () => {
  await app?.close();
  rmSync(folder, { recursive: true, force: true });
});

const named = (name: string): CommandDefinition => commands.find((one) => one.name === name) as CommandDefinition;

/** Runs a command against the server; `on` stops one that would go on for ever. */
function run(name: string, args: readonly string[], signal?: AbortSignal): Promise<CommandOutcome> {
  return runCommand(named(name), [...args, "--server", app.address], signal);
}

const file = (name: string, text: string): string => {
  const target = path.join(folder, name);
  writeFileSync(target, text);
  return target;
};

const GREET = `document: { dsl: 1.0.3, namespace: t, name: greet, version: 1.0.0 }
do:
  - greet:
      set: { text: "\${ \\"Hello, \\" + .name }" }
`;
/** Waits for an event, or until an operator comes. */
const DECIDE = `document: { dsl: 1.0.3, namespace: t, name: decide, version: 1.0.0 }
do:
  - prepare:
      set: { amount: "\${ .amount }" }
      export: { as: . }
  - decision:
      listen: { to: { one: { with: { type: com.example.decided } } } }
      timeout: { after: PT1H }
  - record:
      set: { amount: "\${ $context.amount }", by: "\${ .[0].by }" }
`;

async function started(name: string, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await run("run", [name, "--no-wait", ...args]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return stdout.trim();
}

async function waiting(): Promise<string> {
  const id = await started(file("decide.yaml", DECIDE), "--set", "amount=7");
  expect(await run("wait", [id, "--for=event=com.example.decided", "--timeout", "20s", "-q"])).toMatchObject({
    status: 0,
  });
  return id;
}

describe("stigmer diff", () => {
  check("says what apply would change, changes nothing, and ends with 1 until nothing differs", async () => {
    const before = file("greet.yaml", GREET);
    const first = await run("diff", ["-f", before]);
    expect(first).toMatchObject({ status: 1, stderr: "workflow/greet would be created\n" });
    expect(first.stdout).toContain("+      set: { text:");
    expect(await run("get", ["workflows", "-o", "name"])).toMatchObject({ stdout: "" });
    await run("apply", ["-f", before]);
    expect(await run("diff", ["-f", before])).toMatchObject({
      status: 0,
      stdout: "",
      stderr: "workflow/greet is unchanged\n",
    });
    const after = file("greet.yaml", GREET.replace("Hello", "Goodbye"));
    const changed = await run("diff", ["-f", after]);
    expect(changed.status).toBe(1);
    expect(changed.stdout).toMatch(/^-.*Hello.*\n\+.*Goodbye/mu);
    const json = await run("diff", ["-f", after, "-o", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject([
      { kind: "workflow", name: "greet", outcome: "configured", changes: [{ pointer: "/do/0/greet/set/text" }] },
    ]);
  });

  check("ends with more than 1 on an error", async () => {
    const bad = file("bad.yaml", GREET.replace("set:", "st:"));
    expect(await run("diff", ["-f", bad])).toMatchObject({ status: 3, stdout: "" });
    expect(await runCommand(named("diff"), ["-f", file("greet.yaml", GREET), "--server", "127.0.0.1:1"])).toMatchObject(
      {
        status: 7,
      },
    );
  });

  check("compares other resources, too", async () => {
    const environment = file(
      "environment.yaml",
      "apiVersion: agentic.stigmer.ai/v1\nkind: Environment\nmetadata: { name: prices }\nspec: { data: { REGION: { value: eu } } }\n",
    );
    expect(await run("diff", ["-f", environment])).toMatchObject({ status: 1 });
    await run("apply", ["-f", environment]);
    expect(await run("diff", ["-f", environment])).toMatchObject({ status: 0 });
  });

  check("and apply take both from a folder, and leave its other files out", async () => {
    const project = path.join(folder, "mixed");
    mkdirSync(project);
    writeFileSync(path.join(project, "workflow.yaml"), GREET.replace("name: greet", "name: mixed"));
    writeFileSync(
      path.join(project, "environment.yaml"),
      "apiVersion: agentic.stigmer.ai/v1\nkind: Environment\nmetadata: { name: mixed }\nspec: { data: {} }\n",
    );
    writeFileSync(path.join(project, "input.yaml"), "name: Ada\n");
    for (const command of ["diff", "apply"]) {
      const { stderr } = await run(command, ["-f", project]);
      expect(stderr).toContain(`left out 1 file of ${project}`);
      expect(stderr).toContain("workflow/mixed");
      expect(stderr).toContain("environment/mixed");
    }
  });
});

describe("stigmer wait, logs, describe, goto, patch, skip", () => {
  check("wait --for tells a condition from the end and a mistake", async () => {
    const id = await waiting();
    expect(await run("wait", [id, "--for=phase=waiting", "-q"])).toMatchObject({ status: 0, stdout: "" });
    expect(await run("wait", [id, "--for=task=prepare", "-q"])).toMatchObject({ status: 0 });
    expect(await run("wait", [id, "--for=completed", "--timeout", "50ms", "-q"])).toMatchObject({ status: 6 });
    expect(await run("wait", [id, "--for=phase=complete", "-q"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('did you mean "completed"?') as string,
    });
    await run("cancel", [id]);
    expect(await run("wait", [id, "--for=completed", "-q"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("has ended (cancelled)") as string,
    });
  });

  check("describe says why a run waits and what its next step is", async () => {
    const id = await waiting();
    const { stdout } = await run("describe", ["run", id]);
    expect(stdout).toMatch(/Task "decision" has waited for [^.]+s for event of type com\.example\.decided\./u);
    expect(stdout).toContain("stigmer send-event com.example.decided");
    expect(stdout).toContain(`\`stigmer skip ${id} decision\` goes on now`);
    await run("suspend", [id]);
    expect((await run("describe", ["run", id])).stdout).toContain(`\`stigmer resume ${id}\` lets it go on`);
    const { stdout: json } = await run("describe", ["run", id, "--jq", ".status.run_phase // .status.runPhase"]);
    expect(json.trim()).toBe("RUN_PHASE_SUSPENDED");
  });

  check("logs tells what happened, -f to the end, -o jsonl for programs", async () => {
    const id = await waiting();
    const plain = await run("logs", [id]);
    expect(plain.stdout.split("\n").map((line) => line.split(/ {2,}/u).slice(1, 3).join(" "))).toEqual(
      expect.arrayContaining(["started prepare", "completed prepare", "started decision"]),
    );
    const following = run("logs", [id, "-f", "-o", "jsonl"]);
    await run("send-event", ["com.example.decided", "--set", "by=ada"]);
    const { status, stdout } = await following;
    expect(status).toBe(0);
    const last = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { kind: string; taskName: string })
      .at(-1);
    expect(last).toMatchObject({ kind: "completed", taskName: "record" });
  });

  check("patch changes $context and goto goes on elsewhere, by the task's name", async () => {
    const id = await waiting();
    expect(await run("patch", [id, "--set", "amount=9"])).toMatchObject({ status: 0 });
    expect(await run("goto", [id, "recrod"])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('did you mean "record"?') as string,
    });
    expect(await run("goto", [id, "record", "--input", '[{"by": "eve"}]'])).toMatchObject({ status: 0 });
    const { status, stdout } = await run("wait", [id, "-q"]);
    expect({ status, output: JSON.parse(stdout) }).toEqual({ status: 0, output: { amount: 9, by: "eve" } });
  });

  check("skip takes a task as done, by its name", async () => {
    const id = await waiting();
    expect(await run("skip", [id, "decision", "-i", '[{"by": "op"}]'])).toMatchObject({ status: 0 });
    expect(JSON.parse((await run("wait", [id, "-q"])).stdout)).toEqual({ amount: 7, by: "op" });
  });

  check("get -w prints what is there and what changes, until it is stopped", async () => {
    const id = await waiting();
    const stop = new AbortController();
    const watched = run("get", ["runs", id, "-w", "--jq", ".status.run_phase // .status.runPhase"], stop.signal);
    await run("cancel", [id]);
    await vi.waitFor(async () => expect((await run("get", ["run", id])).stdout).toContain("cancelled"));
    setTimeout(() => stop.abort(), 1500);
    const { status, stdout } = await watched;
    expect({ status, last: stdout.trim().split("\n").at(-1) }).toEqual({ status: 130, last: "RUN_PHASE_CANCELLED" });
  });
});

describe("--dry-run", () => {
  check("checks and changes nothing, for every command that writes", async () => {
    const id = await waiting();
    await run("apply", ["-f", file("greet.yaml", GREET)]);
    const environment = file("bare.yaml", GREET.replace("name: greet", "name: dry"));
    for (const [name, ...args] of [
      ["apply", "-f", environment],
      ["cancel", id],
      ["suspend", id],
      ["patch", id, "--set", "amount=1"],
      ["skip", id, "decision"],
      ["goto", id, "record"],
      ["delete", "workflow", "greet", "--force"],
      ["run", "greet", "--set", "name=Ada"],
      ["run", environment],
      ["send-event", "com.example.decided"],
    ] as const)
      expect({ name, ...(await run(name, [...args, "--dry-run"])) }).toMatchObject({
        name,
        status: 0,
        stderr: expect.stringContaining("(dry run)") as string,
      });
    expect(await run("get", ["workflow", "dry"])).toMatchObject({ status: 5 });
    expect(await run("get", ["workflow", "greet"])).toMatchObject({ status: 0 });
    expect(await run("get", ["runs", "--workflow", "greet"])).toMatchObject({ stdout: "" });
    expect(
      (
        await run("get", [
          "run",
          id,
          "-o",
          "json",
          "--jq",
          ".status.waiting[0].taskName // .status.waiting[0].task_name",
        ])
      ).stdout,
    ).toBe("decision\n");
  });

  check("is an option of every command that writes", () => {
    const writes = [
      "apply",
      "delete",
      "run",
      "cancel",
      "suspend",
      "resume",
      "retry",
      "skip",
      "goto",
      "patch",
      "send-event",
      "init",
      "examples",
      "context",
      "test",
    ];
    for (const name of writes)
      expect({ name, has: named(name).options?.some(({ flags }) => flags === "--dry-run") }).toEqual({
        name,
        has: true,
      });
  });
});

describe("stigmer test --record", () => {
  const TOUR = `document: { dsl: 1.0.3, namespace: t, name: tour, version: 1.0.0 }
do:
  - fetch:
      try:
        - ask:
            call: http
            with: { method: get, endpoint: "\${ .url }" }
      catch:
        errors: { with: { status: 404 } }
        do: [{ fallback: { set: { id: 0 } } }]
  - pause: { wait: { milliseconds: 20 } }
  - answer:
      listen: { to: { one: { with: { type: com.example.tour } } } }
  - finish:
      set: { who: "\${ .[0].who }" }
`;

  check("writes a test of a real run that passes: input, answers, events, path", async () => {
    const target = mkdtempSync(path.join(folder, "record-"));
    writeFileSync(path.join(target, "workflow.yaml"), TOUR);
    // The server itself is the service that is asked; it has no such page.
    const id = await started(path.join(target, "workflow.yaml"), "--set", `url=http://${app.address}/nothing-here`);
    await run("wait", [id, "--for=event", "--timeout", "20s", "-q"]);
    await run("send-event", ["com.example.tour", "--set", "who=ada"]);
    expect(await run("wait", [id, "-q"])).toMatchObject({ status: 0 });
    expect(await run("test", ["--record", id, target])).toMatchObject({ status: 0 });
    const written = readdirSync(target).filter((name) => name.endsWith(".test.yaml"));
    expect(written).toEqual([`tour-${id.slice(-8)}.test.yaml`]);
    const text = readFileSync(path.join(target, written[0] as string), "utf8");
    for (const part of ["com.example.tour", "who: ada", "status: completed", "- finish"]) expect(text).toContain(part);
    expect(await runCommand(named("test"), [target])).toMatchObject({ status: 0, stderr: "1 passed, 0 failed\n" });
  });

  check(
    "brings the definition with it where another or none stands there, and keeps what an operator did",
    async () => {
      const target = mkdtempSync(path.join(folder, "record-"));
      const id = await waiting();
      await run("patch", [id, "--set", "amount=9"]);
      await run("skip", [id, "decision", "-i", '[{"by": "op"}]']);
      await run("wait", [id, "-q"]);
      expect(await run("test", ["--record", id, target, "--dry-run"])).toMatchObject({ status: 0 });
      expect(readdirSync(target)).toEqual([]);
      await run("test", ["--record", id, target]);
      expect(existsSync(path.join(target, `decide-${id.slice(-8)}.yaml`))).toBe(true);
      expect(await runCommand(named("test"), [target])).toMatchObject({ status: 0 });
    },
  );
});

describe("completion with live names", () => {
  const offered = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await candidates(commands, [...words.slice(0, -1), words.at(-1) ?? ""])).map(({ value }) => value);

  check("offers what the server has, and silently nothing where there is none", async () => {
    await run("apply", ["-f", file("greet.yaml", GREET)]);
    const id = await waiting();
    const at = ["--server", app.address];
    expect(await offered("get", ...at, "workflow", "gr")).toEqual(["greet"]);
    expect(await offered("run", ...at, "gre")).toEqual(["greet"]);
    expect(await offered("wait", ...at, id.slice(0, 12))).toContain(id);
    expect(await offered("goto", ...at, id, "")).toEqual(["prepare", "decision", "record"]);
    expect(await offered("get", "--workflow", "")).toEqual([]);
    expect(await offered("get", "--server", "127.0.0.1:1", "workflow", "")).toEqual([]);
  });

  check("offers words that need no server", async () => {
    expect(await offered("va")).toEqual(["validate"]);
    expect(await offered("get", "wo")).toEqual(["workflows"]);
    expect(await offered("get", "runs", "-o", "j")).toEqual(["json", "jsonl"]);
    expect(await offered("get", "runs", "--jq", "")).toEqual([]);
    expect(await offered("graph", "x.yaml", "--exec")).toEqual(["--execution"]);
    expect(await offered("examples", "order-s")).toEqual(["order-saga"]);
    expect(await offered("explain", "OW1101")).toEqual(["OW1101"]);
    expect(await offered("completion", "")).toEqual(["bash", "zsh", "fish", "powershell"]);
  });
});
