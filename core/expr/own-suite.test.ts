import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { signatures } from "./builtins/index.ts";
import { parseExpression } from "./expression.ts";
import { type Ast, childrenOf } from "./syntax/ast.ts";
import { type SuiteCase, readSuite } from "./testing/jq-suite.ts";
import { outputsOf, writeJson } from "./testing/run-case.ts";

const folder = fileURLToPath(new URL("./testdata/", import.meta.url));
const cases: readonly SuiteCase[] = readdirSync(folder)
  .filter((file) => file.endsWith(".test"))
  .flatMap((file) => readSuite(folder, file));

describe("expressions, own cases", () => {
  test.each(cases.map((item) => [`${item.file}:${item.line} ${item.program}`, item] as const))("%s", (_name, item) => {
    expect(outputsOf(item).map(writeJson)).toEqual(item.outputs);
  });

  test("are at least four hundred", () => {
    expect(cases.length).toBeGreaterThanOrEqual(400);
  });

  test("use every builtin", () => {
    const used = new Set(cases.flatMap((item) => callsIn(parseExpression(item.program))));
    expect(signatures().filter((signature) => !used.has(signature))).toEqual([]);
  });
});

function callsIn(ast: Ast): readonly string[] {
  const inner = childrenOf(ast).flatMap(callsIn);
  return ast.type === "call" ? [`${ast.name}/${ast.args.length}`, ...inner] : inner;
}
