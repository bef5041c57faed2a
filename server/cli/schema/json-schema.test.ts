import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { loadWorkflow } from "@stigmer/core/check/load.ts";
import { parseText } from "@stigmer/core/dsl/parse/parse-text.ts";
import { compileSchema } from "@stigmer/core/lib/json-schema/compile-schema.ts";
import { describe, expect, test } from "vitest";
import { testFileSchema, workflowSchema } from "./schemas.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const yamlBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.ya?ml$/u.test(file) && !file.includes("node_modules"))
    .map((file) => path.join(folder, file));

const workflow = compileSchema(workflowSchema());
const tests = compileSchema(testFileSchema());
const head = { document: { dsl: "1.0.3", namespace: "t", name: "s", version: "1.0.0" } };

describe("workflowSchema", () => {
  const examples = yamlBelow(path.join(root, "examples")).filter((file) =>
    /document:\s/u.test(readFileSync(file, "utf8")),
  );

  test("accepts every example", () => {
    expect(examples.length).toBeGreaterThan(20);
    for (const file of examples)
      if (!file.endsWith(".test.yaml"))
        expect({ file, errors: workflow(parseText(readFileSync(file, "utf8")).value ?? null) }).toEqual({
          file,
          errors: [],
        });
  });

  const official = path.resolve(root, "../shared/ows/examples");
  test.skipIf(!existsSync(official))(
    "accepts every example of the specification that validate accepts (skipped where ../shared is absent)",
    () => {
      let accepted = 0;
      for (const file of yamlBelow(official)) {
        const text = readFileSync(file, "utf8");
        if (loadWorkflow(text).document === undefined) continue;
        accepted += 1;
        expect({ file, errors: workflow(parseText(text).value ?? null) }).toEqual({ file, errors: [] });
      }
      expect(accepted).toBeGreaterThan(50);
    },
  );

  test.each([
    ["a misspelt task", { ...head, do: [{ a: { cal: "http" } }] }],
    ["a property of another kind of task", { ...head, do: [{ a: { wait: "PT1S", with: {} } }] }],
    ["a call without its endpoint", { ...head, do: [{ a: { call: "http", with: { method: "get" } } }] }],
    ["two tasks in one item", { ...head, do: [{ a: { wait: "PT1S" }, b: { wait: "PT1S" } }] }],
    ["a mistake deep inside", { ...head, do: [{ a: { fork: { branches: [{ b: { do: [{ c: { st: {} } }] } }] } } }] }],
    ["a document without a name", { document: { dsl: "1.0.3", namespace: "t", version: "1.0.0" }, do: [] }],
    [
      "a run of two things",
      { ...head, do: [{ a: { run: { shell: { command: "x" }, script: { language: "js", code: "" } } } }] },
    ],
  ])("refuses %s", (_name, value) => {
    expect(workflow(value)).not.toEqual([]);
  });

  test("tells one kind of task from another, so that an editor shows one error", () => {
    const errors = workflow({ ...head, do: [{ a: { wait: "PT1S", thn: "end" } }] });
    expect(errors.map(({ pointer }) => pointer)).toEqual(["/do/0/a/thn"]);
  });
});

describe("testFileSchema", () => {
  test("accepts the tests of every example and refuses a misspelt key", () => {
    const files = yamlBelow(path.join(root, "examples")).filter((file) => file.endsWith(".test.yaml"));
    for (const file of files)
      expect({ file, errors: tests(parseText(readFileSync(file, "utf8")).value ?? null) }).toEqual({
        file,
        errors: [],
      });
    expect(tests({ cases: [{ name: "a", expct: {} }] })).not.toEqual([]);
    expect(tests({ cases: [{ name: "a", expect: { status: "completd" } }] })).not.toEqual([]);
  });
});
