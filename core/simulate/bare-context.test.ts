import { createContext, runInContext } from "node:vm";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";

/* The language must run where there is nothing but the language: no Node, no DOM, no code from strings. */

let script = "";

beforeAll(async () => {
  const root = join(import.meta.dirname, "..");
  const result = await build({
    stdin: {
      contents: `
        export { loadWorkflow } from "./check/load.ts";
        export { simulate } from "./simulate/simulate.ts";
        export { compileProgram, step, replay } from "./interpreter/interpreter.ts";
      `,
      resolveDir: root,
      loader: "ts",
    },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "language",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2023",
  });
  script = result.outputFiles[0]?.text ?? "";
});

function run(source: string, input: string, mocks: string): unknown {
  const context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
  runInContext(script, context);
  const call = `
    (() => {
      const { document, diagnostics } = language.loadWorkflow(${JSON.stringify(source)});
      if (document === undefined) return JSON.stringify(diagnostics);
      const { status, output, fault, elapsedMs } = language.simulate({ document, input: ${input}, mocks: ${mocks} });
      return JSON.stringify({ status, output, fault, elapsedMs });
    })()`;
  return JSON.parse(runInContext(call, context) as string);
}

const header = "document: { dsl: 1.0.3, namespace: test, name: bare, version: 1.0.0 }\n";

describe("core, in a bare context without code generation", () => {
  test("runs data, loops, branches, calls, timers and errors", () => {
    const source = `${header}do:
  - loop: { for: { in: "[range(50)]" }, do: [{ add: { set: { sum: "\${ .sum + $item }" } } }] }
  - both: { fork: { branches: [{ a: { wait: PT3S } }, { b: { call: http, with: { method: get, endpoint: "https://x.example/{sum}" } } }] } }
  - guarded: { try: [{ bad: { set: "\${ error(\\"no\\") }" } }], catch: { do: [{ handle: { set: { detail: "\${ $error.detail }" } } }] } }
`;
    expect(run(source, "{}", '{ b: { output: "pong" } }')).toEqual({
      status: "completed",
      output: { detail: "no" },
      elapsedMs: 3000,
    });
  });

  test("validates with JSON Schemas, and formats dates and texts", () => {
    const source = `${header}input: { schema: { document: { type: object, required: [at], properties: { at: { type: string, format: date-time } } } } }
do: [{ s: { set: { day: "\${ .at | fromdate | strftime(\\"%A\\") }", up: "\${ \\"straße\\" | ascii_upcase | test(\\"^STRA\\") }", b64: "\${ \\"hé\\" | @base64 }" } } }]
`;
    expect(run(source, '{ at: "2026-05-01T00:00:00Z" }', "{}")).toMatchObject({
      status: "completed",
      output: { day: "Friday", up: true, b64: "aMOp" },
    });
    expect(run(source, "{}", "{}")).toMatchObject({ status: "faulted", fault: { status: 400 } });
  });
});
