import { describe, expect, test } from "vitest";
import type { Json } from "../lib/json.ts";
import { ExpressionLimitError, compileExpression } from "./expression.ts";
import { RUNAWAY_PROGRAMS } from "./testing/runaway-programs.ts";

const NUMBERS = Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 100_003);
const ITEMS = NUMBERS.map((number, id) => ({ id, price: number / 8, name: `item ${id}` }));
const TEXT = "The quick brown fox jumps over the lazy dog. ".repeat(23_302);

/** What an expression of a workflow may well do with much data. */
const REASONABLE: readonly (readonly [program: string, input: Json])[] = [
  ["map(. + 1)", NUMBERS],
  ["sort", NUMBERS],
  ["unique | length", NUMBERS],
  ["group_by(. % 10) | map(length)", NUMBERS],
  ['map(tostring) | join(",")', NUMBERS],
  ["map(tostring) | add | length", NUMBERS],
  ["tojson | fromjson | length", NUMBERS],
  ["map(tonumber? // 0)", NUMBERS],
  ["to_entries", NUMBERS],
  ["map(select(.price > 10) | .price) | add", ITEMS],
  ["map({id, name})", ITEMS],
  ["map(.total = .price * 2)", ITEMS],
  ['map("\\(.id): \\(.name | ascii_upcase)")', ITEMS],
  ["sort_by(.price) | first", ITEMS],
  ["min_by(.price), max_by(.price)", ITEMS],
  ["del(.[] | select(.price < 500)) | length", ITEMS],
  ['[.[] | select(.name | test("99"))] | length', ITEMS],
  ["map(.id | todate) | length", ITEMS.slice(0, 40_000)],
  ["[.[] | {key: .name, value: .price}] | from_entries | length", ITEMS.slice(0, 50_000)],
  ["INDEX(.name) | length", ITEMS.slice(0, 30_000)],
  ["[paths] | length", ITEMS.slice(0, 20_000)],
  ["length, utf8bytelength", TEXT],
  ["ascii_downcase | length", TEXT],
  ["explode | length", TEXT],
  ["@base64 | length", TEXT],
  ["@uri | length", TEXT],
  ["tojson | fromjson | length", TEXT],
  ['split(" ") | length', TEXT],
  ['test("lazy cat")', TEXT],
  ['index("fox"), .[1000:2000]', TEXT],
  ['[match("dog"; "g")] | length', TEXT.slice(0, 400_000)],
  ['gsub("fox"; "cat") | length', TEXT.slice(0, 400_000)],
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
  test.each(RUNAWAY_PROGRAMS)("$program ends by its $limit", ({ program, limit, input }) => {
    expect(limit === "steps" ? ["steps", "regex"] : [limit]).toContain(limitOf(program, input ?? null));
  });

  test.each(REASONABLE)("%s is within the budgets", (program, input) => {
    expect(limitOf(program, input)).toBe("none");
  });

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

  /** The fewest steps with which a program ends. */
  function fewestSteps(program: string): number {
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
  }

  test("steps are counted the same in every run", () => {
    const program = '[range(50)] | map({a: ., b: tostring}) | group_by(.a % 3) | map(length) | tojson | test("1.")';
    expect(fewestSteps(program)).toBe(fewestSteps(program));
  });

  test.each([
    ['"abc" | test("b+") | [., .]'],
    ['["a", "b", "[", "a"] | map(. as $re | try ("abc" | sub($re; "x")) catch "no pattern")'],
    ['[range(100) | tostring as $re | "12" | [match($re; "g").offset]]'],
    ['0 | [strftime("%c", "%F", "%c")]'],
    ["0 | todate | fromdate | todate"],
  ])("what an earlier evaluation left does not make a later one cheaper: %s", (program) => {
    const steps = fewestSteps(program);
    const expression = compileExpression(program, { variables: [], limits: { steps: steps - 1 } });
    for (let run = 0; run < 3; run++)
      expect(() => expression.all(null, [], { nowMs: 0 })).toThrow(ExpressionLimitError);
    const enough = compileExpression(program, { variables: [], limits: { steps } });
    for (let run = 0; run < 3; run++) expect(enough.all(null, [], { nowMs: 0 })).toHaveLength(1);
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
