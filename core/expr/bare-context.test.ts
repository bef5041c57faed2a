import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Context, createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { JQ_VERSIONS, type SuiteCase, readSuite, suiteCases } from "./testing/jq-suite.ts";
import { SUITE_ENVIRONMENT, outcomeOf } from "./testing/run-case.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

describe("the engine in a bare V8 context without code generation", () => {
  let context: Context;

  beforeAll(async () => {
    const bundle = await build({
      stdin: {
        contents: 'export { outcomeOf } from "./testing/run-case.ts"; export { compileTemplate } from "./template.ts";',
        resolveDir: here,
        loader: "ts",
      },
      bundle: true,
      write: false,
      format: "iife",
      globalName: "engine",
      platform: "neutral",
      target: "es2023",
      logLevel: "silent",
    });
    context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
    runInContext(bundle.outputFiles[0]?.text ?? "", context);
  });

  /** The outcomes in there; only text crosses the border. */
  function outcomesInside(
    cases: readonly SuiteCase[],
    environment: Readonly<Record<string, string>> = {},
  ): readonly string[] {
    const text = runInContext(
      `JSON.stringify(${JSON.stringify(cases)}.map((item) => engine.outcomeOf(item, ${JSON.stringify(environment)})))`,
      context,
    ) as string;
    return JSON.parse(text) as readonly string[];
  }

  test("the context refuses code from strings", () => {
    expect(() => runInContext('eval("1")', context)).toThrow();
    expect(runInContext("typeof process + typeof setTimeout", context)).toBe("undefined".repeat(2));
  });

  test("our own cases give what they should", () => {
    const cases = readdirSync(`${here}testdata`).flatMap((file) => readSuite(`${here}testdata/`, file));
    expect(cases.length).toBeGreaterThan(400);
    expect(outcomesInside(cases)).toEqual(cases.map((item) => item.outputs.join("\n")));
  });

  test.for(JQ_VERSIONS)(
    "jq's suite of %s gives the same outputs, refusals and errors as outside",
    (version, { skip }) => {
      const cases = suiteCases(version);
      skip(cases.length === 0, "../shared is absent");
      expect(outcomesInside(cases, SUITE_ENVIRONMENT)).toEqual(cases.map((item) => outcomeOf(item, SUITE_ENVIRONMENT)));
    },
  );
});
