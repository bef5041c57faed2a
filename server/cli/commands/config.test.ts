import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCommand } from "../run-command.ts";
import { completionOf } from "./completion.ts";
import { config } from "./config.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, "stigmer.yaml");

describe("stigmer config view", () => {
  test("shows values and where they come from", async () => {
    writeFileSync(file, "port: 7300\n");
    const { status, stdout } = await runCommand(config, ["view", "--config", file, "--show-origin"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^port +7300 +file ${file}$`, "mu"));
    expect(stdout).toMatch(/^host +127\.0\.0\.1 +default$/mu);
  });

  test("prints JSON by setting", async () => {
    writeFileSync(file, "port: 7300\n");
    const { stdout } = await runCommand(config, ["--config", file, "-o", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({ port: 7300, "allow-run": [] });
  });

  test.each([
    ["a setting that is not there", "prt: 1\n", ["--config", file], 'did you mean "port"'],
    ["another action", "", ["edit"], "the one action is view"],
  ])("refuses %s", async (_name, text, args, message) => {
    writeFileSync(file, text);
    const { status, stderr } = await runCommand(config, args);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
  });
});

describe("stigmer completion", () => {
  test("refuses a shell it does not know", async () => {
    expect(
      await runCommand(
        completionOf(() => [config]),
        ["csh"],
      ),
    ).toMatchObject({ status: 2 });
    expect(
      (
        await runCommand(
          completionOf(() => [config]),
          ["bash"],
        )
      ).stdout,
    ).toContain("complete -o filenames");
  });
});
