import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { readSuite } from "./testing/jq-suite.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

test("the engine gives the same results in a bare V8 context without code generation", async () => {
  const bundle = await build({
    stdin: {
      contents:
        'export { outputsOf, writeJson } from "./testing/run-case.ts"; export { compileTemplate } from "./template.ts";',
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
  const script = bundle.outputFiles[0]?.text ?? "";
  const context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
  runInContext(script, context);
  const cases = readdirSync(`${here}testdata`).flatMap((file) => readSuite(`${here}testdata/`, file));
  const results = runInContext(
    `${JSON.stringify(cases)}.map((item) => engine.outputsOf(item).map(engine.writeJson))`,
    context,
  ) as string[][];
  expect(JSON.parse(JSON.stringify(results))).toEqual(cases.map((item) => item.outputs));
  expect(() => runInContext('eval("1")', context)).toThrow();
});
