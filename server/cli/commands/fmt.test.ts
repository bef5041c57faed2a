import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCommand } from "../run-command.ts";
import { fmt } from "./fmt.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-fmt-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const UGLY =
  "do:\n    - a:\n        then: end # enough\n        set: { x: 1 }\ndocument: { dsl: 1.0.3, namespace: t, name: f, version: 1.0.0 }\n";
const file = path.join(folder, "workflow.yaml");

describe("stigmer fmt", () => {
  test("--check lists what is not formatted, changes nothing and exits with 1", async () => {
    writeFileSync(file, UGLY);
    expect(await runCommand(fmt, ["--check", file])).toEqual({ status: 1, stdout: `${file}\n`, stderr: "" });
    expect(readFileSync(file, "utf8")).toBe(UGLY);
  });

  test("formats in place, keeps comments, and has nothing to do the second time", async () => {
    writeFileSync(file, UGLY);
    expect(await runCommand(fmt, [folder])).toEqual({ status: 0, stdout: "", stderr: `formatted ${file}\n` });
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(/^document:/u);
    expect(text).toContain("# enough");
    expect(await runCommand(fmt, ["--check", folder])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("leaves files of a folder alone that are no definitions", async () => {
    const other = path.join(folder, "input.yaml");
    writeFileSync(file, UGLY);
    writeFileSync(other, "b:    1\n");
    const { status, stderr } = await runCommand(fmt, [folder]);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `left out 1 file of ${folder}: no "document" or "do" at the top\nformatted ${file}\n`,
    });
    expect(readFileSync(other, "utf8")).toBe("b:    1\n");
    rmSync(other);
  });

  test("leaves a file that is not valid as it is and exits with 3", async () => {
    writeFileSync(file, "do: [");
    const { status, stderr } = await runCommand(fmt, [file]);
    expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining("OW1001") });
    expect(readFileSync(file, "utf8")).toBe("do: [");
  });
});
