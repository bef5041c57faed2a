import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test as check } from "vitest";
import { runCommand } from "../run-command.ts";
import { templates } from "../templates.ts";
import { fmt } from "./fmt.ts";
import { init } from "./init.ts";
import { test } from "./test.ts";
import { validate } from "./validate.ts";

const root = mkdtempSync(path.join(os.tmpdir(), "stigmer-init-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("stigmer init", () => {
  check.each([...templates.keys()])("%s is valid without a warning, formatted, and passes its tests", async (name) => {
    const folder = path.join(root, name);
    expect(await runCommand(init, [folder, "--template", name])).toMatchObject({ status: 0, stdout: "" });
    const workflow = path.join(folder, "workflow.yaml");
    expect(await runCommand(validate, [workflow, "--strict"])).toMatchObject({ status: 0 });
    expect(await runCommand(fmt, [workflow, "--check"])).toEqual({ status: 0, stdout: "", stderr: "" });
    const { status, stdout } = await runCommand(test, [folder, "--coverage"]);
    expect({ status, failed: /FAIL|not reached/u.exec(stdout)?.[0] }).toEqual({ status: 0, failed: undefined });
  });

  check("overwrites nothing", async () => {
    const folder = path.join(root, "twice");
    await runCommand(init, [folder]);
    const { status, stderr } = await runCommand(init, [folder]);
    expect({ status, stderr }).toEqual({ status: 5, stderr: expect.stringContaining("it is already there") });
    expect(readdirSync(folder).toSorted()).toEqual([".stigmer", "workflow.test.yaml", "workflow.yaml"]);
  });

  check("suggests the nearest template", async () => {
    expect(await runCommand(init, [root, "-t", "aproval"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('did you mean "approval"?'),
    });
  });
});
