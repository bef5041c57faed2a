import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import type { CommandDefinition } from "../command.ts";
import { runCommand } from "../run-command.ts";
import { commands } from "./index.ts";

/* One contract for whatever is read: every format, a filter, and a refusal of what is no format. Commands that need a server have theirs in live-commands.test.ts. */

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-formats-"));
beforeAll(() => {
  vi.stubEnv("XDG_CONFIG_HOME", folder);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});
const named = (name: string): CommandDefinition => commands.find((one) => one.name === name) as CommandDefinition;

const READS = ["get", "describe", "logs", "history", "diff", "explain", "doctor", "config", "context", "examples"];
const LOCAL: readonly (readonly [string, ...string[]])[] = [
  ["explain"],
  ["doctor"],
  ["config", "view"],
  ["context", "show"],
  ["examples"],
];

describe("commands that read", () => {
  test.each(READS)("%s has -o and --jq", (name) => {
    const flags = (named(name).options ?? []).map((option) => option.flags);
    expect(flags).toEqual(expect.arrayContaining(["-o, --output <format>", "--jq <expression>"]));
  });

  test.each(LOCAL)("%s prints every format", async (name, ...args) => {
    const run = (...more: readonly string[]) => runCommand(named(name), [...args, ...more]);
    const whole = JSON.parse((await run("-o", "json")).stdout) as object;
    expect(Object.keys(whole).length).toBeGreaterThan(0);
    expect(Object.keys(parse((await run("-o", "yaml")).stdout) as object)).toEqual(Object.keys(whole));
    for (const line of (await run("-o", "jsonl")).stdout.trim().split("\n"))
      expect(typeof JSON.parse(line)).toBe("object");
    expect((await run("-o", "name")).stdout).toMatch(/^(\S+\n)+$/u);
    expect((await run("-o", "wide")).stdout.split("\n").length).toBeGreaterThan(2);
    expect((await run("--jq", "length")).stdout).toBe(`${Object.keys(whole).length}\n`);
    expect(await run("-o", "xml")).toMatchObject({ status: 2, stdout: "" });
    expect(await run("--jq", ".[")).toMatchObject({ status: 2 });
  });

  test("an empty list is valid in every format", async () => {
    const run = async (format: string) => (await runCommand(named("context"), ["list", "-o", format])).stdout;
    expect([await run("json"), await run("jsonl"), await run("yaml"), await run("name"), await run("table")]).toEqual([
      "[]\n",
      "",
      "[]\n",
      "",
      "",
    ]);
  });
});
