import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Json } from "../lib/json.ts";
import { ExpressionSyntaxError } from "./expression.ts";
import { compileTemplate } from "./template.ts";

const folder = fileURLToPath(new URL("../../../shared/ows/examples/", import.meta.url));
const isAbsent = !existsSync(folder);
const ARGUMENTS = ["context", "input", "output", "secrets", "secret", "authorization", "task", "workflow", "runtime"];

/** The variables that loops and catches of a document declare, whatever their place: scopes are the checker's business. */
function declaredIn(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:each|at|as|item): *["']?([A-Za-z_]\w*)/gu)]
    .map(([, name]) => name as string)
    .concat("item", "index", "error");
}

describe.skipIf(isAbsent)("the specification's examples (skipped where ../shared is absent)", () => {
  const files = isAbsent ? [] : readdirSync(folder).filter((file) => /\.(?:ya?ml|json)$/u.test(file));

  test.each(files)("every expression of %s compiles", (file) => {
    const text = readFileSync(`${folder}${file}`, "utf8");
    const document = parse(text) as Json;
    expect(() => compileTemplate(document, { variables: [...ARGUMENTS, ...declaredIn(text)] })).not.toThrow();
  });

  test("a wrong variable is found when compiling", () => {
    const inExpression = /(\$\{[^}]*\$)(context|workflow|input|task)\b/u;
    const documents = files
      .map((file) => readFileSync(`${folder}${file}`, "utf8"))
      .filter((text) => inExpression.test(text));
    expect(documents.length).toBeGreaterThan(0);
    for (const text of documents) {
      const wrong = parse(text.replace(inExpression, "$1$2x")) as Json;
      expect(() => compileTemplate(wrong, { variables: [...ARGUMENTS, ...declaredIn(text)] })).toThrow(
        ExpressionSyntaxError,
      );
    }
  });
});
