import { describe, expect, test } from "vitest";
import type { Json } from "../lib/json.ts";
import { ExpressionLimitError, compileExpression } from "./expression.ts";

const endless: readonly (readonly [program: string, limit: string, input?: Json])[] = [
  ["repeat(.)", "steps"],
  ["[repeat(1)]", "steps"],
  ["[range(infinite)]", "steps"],
  ["last(range(infinite))", "steps"],
  ["def f: f; f", "steps"],
  ["def f(g): f(g | g); f(.)", "steps"],
  ["def f: [f]; f", "depth"],
  ["def f: . + 1 | f | .; 0 | f", "depth"],
  ["def f: f, f; f", "depth"],
  ["recurse(., .)", "depth"],
  ["reduce repeat(1) as $x (0; . + $x)", "steps"],
  ["reduce repeat(1) as $x ([]; . + [$x])", "steps"],
  ["foreach repeat(1) as $x (0; . + 1)", "steps"],
  ["0 | until(false; . + 1)", "steps"],
  ["[while(true; .)]", "steps"],
  ['"x" | until(false; . + .)', "size"],
  ['"x" * 100000000', "size"],
  ["reduce range(40) as $i (0; [., .])", "size"],
  ["reduce range(40) as $i (0; [., .]) | tojson", "steps"],
  ["reduce range(40) as $i (0; [., .]) as $x | $x == ($x | map(.))", "steps"],
  ["reduce range(40) as $i (0; {a: ., b: .}) as $x | $x * $x | length", "steps"],
  [".[100000000] = 1", "size"],
  ["[limit(1000000000; repeat(1))]", "steps"],
  ["[range(1000)] | combinations(4)", "steps"],
  ['"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" | test("(a+)+$b")', "regex"],
  ['"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" | test("^(a|a)*$")', "regex"],
  ['"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" | test("(.*)*(.*)*(.*)*x")', "regex"],
  ["[..]", "steps", [Array.from({ length: 3_000_000 }, () => 0)]],
];

function limitOf(program: string, input: Json = null): string {
  try {
    compileExpression(program, { variables: [] }).all(input, [], { nowMs: 0 });
  } catch (error) {
    if (error instanceof ExpressionLimitError) return error.limit;
    throw error;
  }
  return "none";
}

describe("limits", () => {
  test.each(endless.map(([program, limit, input]) => ({ program, limit, input })))(
    "$program ends by its $limit",
    ({ program, limit, input }) => {
      expect(limitOf(program, input ?? null)).toBe(limit);
    },
  );

  test.each([
    ["try repeat(.) catch 1"],
    ["[repeat(.)?]"],
    ["repeat(.) // 1"],
    ["first(try repeat(empty) catch 1)"],
    [". as [$a] ?// $a | repeat(empty)"],
    ["label $out | repeat(empty), break $out"],
    ["try (def f: [f]; f) catch 1"],
    ['try ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" | test("(a+)+$b")) catch 1'],
  ])("nothing catches a limit: %s", (program) => {
    expect(limitOf(program)).not.toBe("none");
  });

  test("an evaluation after an exceeded one starts afresh", () => {
    const expression = compileExpression("if . then repeat(.) else 7 end", { variables: [] });
    expect(() => expression.value(true, [], { nowMs: 0 })).toThrow(ExpressionLimitError);
    expect(expression.value(false, [], { nowMs: 0 })).toBe(7);
  });

  test("budgets can be set", () => {
    const run = (steps: number): Json =>
      compileExpression("[range(100)] | length", { variables: [], limits: { steps } }).value(null, [], { nowMs: 0 });
    expect(run(1000)).toBe(100);
    expect(() => run(50)).toThrow(ExpressionLimitError);
  });

  test("steps are counted the same in every run", () => {
    const least = (program: string): number => {
      let [low, high] = [1, 100_000];
      while (low < high) {
        const middle = (low + high) >> 1;
        try {
          compileExpression(program, { variables: [], limits: { steps: middle } }).all(null, [], { nowMs: 0 });
          high = middle;
        } catch {
          low = middle + 1;
        }
      }
      return low;
    };
    const program = '[range(50)] | map({a: ., b: tostring}) | group_by(.a % 3) | map(length) | tojson | test("1.")';
    expect(least(program)).toBe(least(program));
  });

  test.each([
    ["def f: if . >= 1000000 then . else . + 1 | f end; 0 | f", 1_000_000],
    ['def f($n): if $n == 0 then "done" else f($n - 1) end; f(100000)', "done"],
    ["def even: if . == 0 then true else . - 1 | odd end; def odd: 1; 3 | try even catch 0", undefined],
    ["last(recurse(if . < 100000 then . + 1 else empty end))", 100_000],
    ["reduce range(100000) as $i (0; . + 1)", 100_000],
    ["[limit(100000; repeat(1))] | length", 100_000],
  ])("tail calls need no stack: %s", (program, expected) => {
    if (expected === undefined)
      return expect(() => compileExpression(program, { variables: [] })).toThrow("odd/0 is not defined");
    const limits = { steps: 50_000_000 };
    return expect(compileExpression(program, { variables: [], limits }).value(0, [], { nowMs: 0 })).toBe(expected);
  });

  test.each([
    ["(".repeat(5000)],
    ["[".repeat(5000) + "]".repeat(5000)],
    ["1" + "+1".repeat(5000)],
    ["." + "|.".repeat(5000)],
    ["-".repeat(5000) + "1"],
    ['"\\('.repeat(3000)],
    [".a".repeat(5000)],
    ["try ".repeat(5000) + "1"],
    ["if 1 then ".repeat(3000)],
    [". as [".repeat(3000)],
    ["{a:".repeat(3000)],
    ["def f: ".repeat(3000)],
  ])("a source that nests too deeply is a syntax error: %.20s", (program) => {
    expect(() => compileExpression(program, { variables: [] })).toThrow(
      expect.objectContaining({ name: "ExpressionSyntaxError" }),
    );
  });
});
