import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../lib/json.ts";
import { ExpressionError, ExpressionLimitError, ExpressionSyntaxError, compileExpression } from "./expression.ts";
import { randomProgram } from "./testing/random-program.ts";

const LIMITS = { steps: 20_000, size: 50_000, depth: 1_000 };

/** Runs a program twice; anything but its own errors is a failure of the test. */
function run(source: string, input: Json): string {
  const once = (): string => {
    try {
      return JSON.stringify(
        compileExpression(source, { variables: ["a"], limits: LIMITS }).all(input, [input], { nowMs: 1 }),
      );
    } catch (error) {
      if (
        error instanceof ExpressionSyntaxError ||
        error instanceof ExpressionError ||
        error instanceof ExpressionLimitError
      )
        return `${error.name}: ${error.message}`;
      throw error;
    }
  };
  const first = once();
  expect(once()).toBe(first);
  return first;
}

const fragments = [
  ".",
  "..",
  ".a",
  ".[",
  "]",
  "[",
  "{",
  "}",
  "(",
  ")",
  "|",
  ",",
  ";",
  ":",
  "//",
  "?//",
  "?",
  "=",
  "|=",
  "+=",
  "==",
  "+",
  "-",
  "*",
  "/",
  "%",
  "and",
  "or",
  "not",
  "if",
  "then",
  "else",
  "end",
  "as",
  "$a",
  "$b",
  "def f:",
  "f",
  "reduce",
  "foreach",
  "try",
  "catch",
  "error",
  "label $x |",
  "break $x",
  "map(",
  "select(",
  "path(",
  "1",
  "0",
  '"s"',
  '"\\(',
  "@json",
  "@base64d",
  'test("(a*)*b")',
  "limit(2;",
  "recurse(",
  "range(9)",
  "input",
  "ltrimstr(",
  'splits("a")',
  "tojson",
  "fromjson",
  "__proto__",
  ".constructor",
  "#",
  "\n",
  "é",
  "😀",
  "\ud800",
  "nan",
  "infinite",
];

describe("fuzzing", () => {
  test("no text makes the compiler throw anything but its own errors", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...fragments), { maxLength: 14 }),
        fc.jsonValue(),
        (parts, input) => void run(parts.join(" "), input as Json),
      ),
      { numRuns: 1500, seed: 1 },
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (source) => void run(source, null)),
      { numRuns: 1000, seed: 2 },
    );
  });

  test("no program and data exceed the budgets or give two answers", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.jsonValue(),
        (seed, input) => void run(randomProgram(seed), input as Json),
      ),
      { numRuns: 1500, seed: 3 },
    );
  });
});
