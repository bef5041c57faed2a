import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { diagnosticCodes } from "@stigmer/core/check/catalogue.ts";
import { rules } from "@stigmer/core/check/rules/index.ts";
import { compileSchema } from "@stigmer/core/lib/json-schema/compile-schema.ts";
import { afterAll, describe, expect, test } from "vitest";
import { runCommand } from "../run-command.ts";
import { validate } from "./validate.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-validate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HEADER = "document: { dsl: 1.0.3, namespace: t, name: v, version: 1.0.0 }\n";
const file = (text: string): string => {
  const target = path.join(folder, "workflow.yaml");
  writeFileSync(target, `${HEADER}${text}`);
  return target;
};

/** What the SARIF 2.1.0 standard (OASIS, section 3) demands of the parts we write; `additionalProperties` catches what it does not have. */
const place = { type: "integer", minimum: 1 };
const message = { type: "object", required: ["text"], properties: { text: { type: "string", minLength: 1 } } };
const sarif = compileSchema({
  type: "object",
  required: ["version", "runs", "$schema"],
  properties: {
    version: { const: "2.1.0" },
    runs: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["tool", "results"],
        properties: {
          tool: {
            type: "object",
            required: ["driver"],
            properties: {
              driver: {
                type: "object",
                required: ["name", "rules"],
                properties: {
                  name: { type: "string", minLength: 1 },
                  rules: {
                    type: "array",
                    uniqueItems: true,
                    items: {
                      type: "object",
                      required: ["id"],
                      properties: {
                        id: { type: "string" },
                        shortDescription: message,
                        fullDescription: message,
                        help: message,
                      },
                    },
                  },
                },
              },
            },
          },
          results: {
            type: "array",
            items: {
              type: "object",
              required: ["ruleId", "message", "level", "locations"],
              properties: {
                level: { enum: ["none", "note", "warning", "error"] },
                message,
                locations: {
                  type: "array",
                  minItems: 1,
                  items: {
                    type: "object",
                    required: ["physicalLocation"],
                    properties: {
                      physicalLocation: {
                        type: "object",
                        required: ["artifactLocation"],
                        properties: {
                          artifactLocation: {
                            type: "object",
                            required: ["uri"],
                            properties: { uri: { type: "string" } },
                          },
                          region: {
                            type: "object",
                            required: ["startLine"],
                            properties: { startLine: place, startColumn: place, endLine: place, endColumn: place },
                          },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
});

describe("stigmer validate", () => {
  test(`knows ${diagnosticCodes.length} diagnostics, ${rules.length} of them rules beyond the shape`, () => {
    expect(rules.length).toBeGreaterThanOrEqual(40);
    expect(new Set(diagnosticCodes.map(({ code }) => code)).size).toBe(diagnosticCodes.length);
  });

  test("-o sarif is valid and has every finding with its rule and place", async () => {
    const { status, stdout } = await runCommand(validate, [
      file("do:\n  - a:\n      cal: http\n  - b: { set: { x: 1 }, then: nowhere }\n"),
      "-o",
      "sarif",
    ]);
    const log = JSON.parse(stdout) as {
      runs: [{ tool: { driver: { rules: { id: string }[] } }; results: { ruleId: string; ruleIndex?: number }[] }];
    };
    expect({ status, errors: sarif(log as never) }).toEqual({ status: 3, errors: [] });
    const [{ tool, results }] = log.runs;
    expect(results.length).toBeGreaterThan(0);
    for (const { ruleId, ruleIndex } of results)
      expect(tool.driver.rules[ruleIndex ?? tool.driver.rules.findIndex(({ id }) => id === ruleId)]?.id).toBe(ruleId);
  });

  test.each([
    [
      "a typo",
      "do:\n  - a:\n      cal: http\n      with: { method: get, endpoint: https://a.example }\n",
      'did you mean "call"?',
    ],
    [
      "a then to nowhere",
      "do:\n  - greet: { set: { x: 1 }, then: gret }\n  - b: { set: { x: 1 } }\n",
      'did you mean "greet"?',
    ],
    ["broken jq", "do:\n  - a: { set: { x: '${ .a + }' } }\n", "something is missing at the end"],
    ["a missing field", "do:\n  - a: { call: http, with: { method: get } }\n", 'add "endpoint:" to it'],
  ])("answers %s with one finding and what to do", async (_name, text, hint) => {
    const { stdout } = await runCommand(validate, [file(text), "-o", "json"]);
    expect(JSON.parse(stdout)).toMatchObject([{ severity: "error", hint: expect.stringContaining(hint) as string }]);
    expect((JSON.parse(stdout) as unknown[]).length).toBe(1);
  });
});

describe("stigmer validate of a folder", () => {
  const root = path.join(folder, "project");
  const files: Readonly<Record<string, string>> = {
    "good.yaml": `${HEADER}do:\n  - a: { set: { x: 1 } }\n`,
    "good.json": JSON.stringify({
      document: { dsl: "1.0.3", namespace: "t", name: "j", version: "1.0.0" },
      do: [{ a: { set: { x: 1 } } }],
    }),
    "input.yaml": "order: 7\nnested:\n  document: a\n  do: b\n",
    "package.json": '{ "name": "x", "scripts": { "do": "y" } }',
    "environment.yaml":
      "apiVersion: agentic.stigmer.ai/v1\nkind: Environment\nmetadata: { name: e }\nspec: { data: {} }\n",
    "list.json": "[1, 2]",
    "broken-other.yaml": "a: [\n",
    "empty.yaml": "",
  };
  const write = (more: Readonly<Record<string, string>>): void => {
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root);
    for (const [name, text] of Object.entries(more)) writeFileSync(path.join(root, name), text);
  };

  test("checks its workflow definitions, leaves other files out and says how many", async () => {
    write(files);
    expect(await runCommand(validate, [root])).toEqual({
      status: 0,
      stdout: "",
      stderr: `left out 6 files of ${root}: no "document" or "do" at the top\nvalid: 2 workflows in 2 files\n`,
    });
  });

  test.each([
    ["YAML that cannot be read", "broken.yaml", "document:\n  dsl: [\n"],
    ["JSON that cannot be read", "broken.json", '{\n  "document": {\n    "dsl": \n'],
    ["a definition without do", "no-do.yaml", HEADER],
    ["a definition without document", "no-document.yaml", "do:\n  - a: { set: { x: 1 } }\n"],
    ["a definition in flow form", "flow.yaml", "{ document: { dsl: 1.0.3 } }"],
    ["a definition after something else", "stream.yaml", `a: 1\n---\n{ do: [] }\n`],
  ])("reports %s", async (_name, file, text) => {
    write({ ...files, [file]: text });
    const { status, stderr } = await runCommand(validate, [root]);
    expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining(file) as string });
  });

  test("checks a file that is named, whatever is in it", async () => {
    write(files);
    const { status, stderr } = await runCommand(validate, [path.join(root, "input.yaml")]);
    expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining("input.yaml") as string });
  });

  test("refuses a folder without a definition, and says why", async () => {
    write({ "input.yaml": "a: 1\n" });
    const { status, stderr } = await runCommand(validate, [root]);
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringContaining('1 file in YAML or JSON, no "document" or "do" at the top') as string,
    });
  });

  test("finds the shipped examples valid", async () => {
    const examples = path.resolve(import.meta.dirname, "../../../examples");
    const { status, stderr } = await runCommand(validate, [examples]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining("valid: ") as string });
  });
});
