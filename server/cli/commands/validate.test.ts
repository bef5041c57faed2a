import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
