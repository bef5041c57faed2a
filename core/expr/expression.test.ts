import { describe, expect, test } from "vitest";
import type { Json } from "../lib/json.ts";
import { ExpressionError, ExpressionSyntaxError, compileExpression, parseExpression } from "./expression.ts";

const context = { nowMs: 0 };

function syntaxErrorOf(source: string, variables: readonly string[] = ["context", "input"]): ExpressionSyntaxError {
  try {
    compileExpression(source, { variables });
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return error;
    throw error;
  }
  throw new Error(`${source} compiles`);
}

describe("compileExpression", () => {
  test.each([
    ["empty", null, true],
    ["1", 1, true],
    ["1, 2", [1, 2], true],
    ["false", false, false],
    ["null, 1", [null, 1], false],
    [".[]", [false, true], false],
  ])("value and test follow the workflow language: %s", (source, value, truth) => {
    const expression = compileExpression(source, { variables: [] });
    expect(expression.value([false, true], [], context)).toEqual(value);
    expect(expression.test([false, true], [], context)).toBe(source === "empty" ? false : truth);
  });

  test("first computes no more than the first output", () => {
    expect(compileExpression("1, error", { variables: [] }).first(null, [], context)).toBe(1);
    expect(compileExpression("empty", { variables: [] }).first(null, [], context)).toBeUndefined();
  });

  test("globals are read by position, missing ones as null", () => {
    const expression = compileExpression("[$a, $b]", { variables: ["a", "b"] });
    expect(expression.value(null, [1, undefined], context)).toEqual([1, null]);
    expect([...expression.uses]).toEqual([0, 1]);
    expect([...compileExpression("$b", { variables: ["a", "b"] }).uses]).toEqual([1]);
    expect([...compileExpression("1 as $a | $a", { variables: ["a"] }).uses]).toEqual([]);
  });

  test("the environment is the one given, and else empty", () => {
    const evaluate = (environment?: Readonly<Record<string, string>>): Json =>
      compileExpression("[env, $ENV, $ENV.PAGER]", { variables: [], ...(environment ? { environment } : {}) }).value(
        null,
        [],
        { nowMs: 0 },
      );
    expect(evaluate({ PAGER: "less" })).toEqual([{ PAGER: "less" }, { PAGER: "less" }, "less"]);
    expect(evaluate()).toEqual([{}, {}, null]);
  });

  test("staticKeys lists the keys read from a variable", () => {
    const expression = compileExpression(
      '$secrets.db.password + $secrets["token"] + ($secrets | .a.b) + $secrets["x" + "y"] + .secrets.no',
      { variables: ["secrets"] },
    );
    expect(expression.staticKeys("secrets")).toEqual(["db", "token", "a"]);
  });

  test("input and globals are never changed", () => {
    const freeze = (value: Json): Json => {
      if (value !== null && typeof value === "object") for (const item of Object.values(value)) freeze(item as Json);
      return Object.freeze(value);
    };
    const input = freeze({ a: [3, 1, 2], b: { c: 1 }, n: null });
    const sources = [
      ".a |= sort",
      ".b.c += 1",
      "del(.a[0])",
      ".a[5] = 1",
      ".b + {d: 1}",
      ".a + [4]",
      "reduce .a[] as $x (.a; . + [$x])",
      "reduce .a[] as $x (.b; .[$x | tostring] = $x)",
      "reduce (1, 2) as $x (.; .b = $x)",
      "reduce (1, 2) as $x (.; . + {b: $x})",
      ".a | sort, reverse, unique, add",
      "to_entries | from_entries",
      "walk(.)",
      "$g | .x = 1",
      "reduce 1 as $x ($g; .y += 1)",
      "[.a, [9]] | add",
      "[.b, {z: 1}] | add",
      "paths",
      "tostream",
      ". * {b: {d: 2}}",
      'delpaths([["a"]])',
    ];
    for (const source of sources)
      compileExpression(source, { variables: ["g"] }).all(input, [freeze({ x: 0 })], context);
    expect(input).toEqual({ a: [3, 1, 2], b: { c: 1 }, n: null });
  });

  test("a reduction that is changed in place shows none of its states", () => {
    const run = (source: string): Json => compileExpression(source, { variables: [] }).value(null, [], context);
    expect(run("[1] as $a | [reduce range(3) as $i ($a; . + [$i]), $a]")).toEqual([[1, 0, 1, 2], [1]]);
    expect(run("reduce range(2) as $i ({}; .a = . )")).toEqual({ a: { a: {} } });
    expect(run("reduce range(2) as $i ([]; . + [[.]])")).toEqual([[[]], [[[[]]]]]);
    expect(run("[[1],[2]] as $l | [reduce $l[] as $x (null; . + $x), $l]")).toEqual([
      [1, 2],
      [[1], [2]],
    ]);
    expect(run("reduce range(3) as $i ({}; .x += [$i])")).toEqual({ x: [0, 1, 2] });
    expect(run("reduce range(3) as $i ({a: []}; .b = .a | .a += [$i])")).toEqual({ a: [0, 1, 2], b: [0, 1] });
    expect(run("def length: .; reduce range(2) as $i ([]; . + [length])")).toEqual([[], [[]]]);
    expect(run("[[1, 2], 3] as $l | reduce $l[] as [$x] ?// $x ([]; . + [$x])")).toEqual([1, 3]);
    expect(run("[foreach range(3) as $i ([]; . + [$i])]")).toEqual([[0], [0, 1], [0, 1, 2]]);
  });

  test.each([
    [".a.", 3, 'unexpected end of expression, expected a name, a string or "[" after "."'],
    [".a | $contxt", 5, "$contxt is not defined", 'did you mean "$context"?'],
    ["mpa(.)", 0, "mpa/1 is not defined", 'did you mean "map"?'],
    ["map", 0, "map/0 is not defined", '"map" takes 1 argument, not 0; arguments are separated by ";"'],
    [
      "test(1, 2; 3; 4)",
      0,
      "test/3 is not defined",
      '"test" takes 1 or 2 arguments, not 3; arguments are separated by ";"',
    ],
    ["{a: 1", 5, 'unexpected end of expression, expected "}" to match "{"'],
    ["[1, 2", 5, 'unexpected end of expression, expected "]" to match "["'],
    ["if . then 1", 11, 'unexpected end of expression, expected "end" to match "if"'],
    [". == 1 == 2", 7, 'unexpected "==": "==" and "==" cannot be chained', "use parentheses"],
    ["'a'", 0, 'unexpected character "\'"', 'strings are written in double quotes: "text"'],
    [". && 1", 2, 'unexpected character "&"', 'logical "and" is the word: and'],
    ['"abc', 0, "string is not closed, a '\"' should follow"],
    ['"\\x"', 1, 'invalid escape "\\x" in string', 'write "\\\\x" for a backslash followed by "x"'],
    ["@jsn", 0, "@jsn is not a valid format", 'did you mean "@json"?'],
    ["break $x", 0, "$*label-x is not defined", "write: label $x | … break $x"],
    ['import "a" as a; .', 0, '"import" is not available: expressions have no modules'],
    ["def f: $nope; 1", 7, "$nope is not defined"],
    ["1 as $x | 2 as $y | $z", 20, "$z is not defined"],
    ["{1: 2}", 1, "may need parentheses around object key expression", "write {(expression): value}"],
    [".[", 2, "unexpected end of expression"],
    ["1 2", 2, 'unexpected "2"'],
    [". as [] | 1", 6, 'unexpected "]", expected a variable, an array pattern or an object pattern'],
  ])("refuses %s", (source, offset, message, hint?: string) => {
    const error = syntaxErrorOf(source);
    expect({ offset: error.offset, message: error.message, hint: error.hint }).toEqual({ offset, message, hint });
    expect(error.offset + error.length).toBeLessThanOrEqual(source.length);
  });

  test("runtime errors carry jq's words and value", () => {
    const fail = (source: string): ExpressionError => {
      try {
        compileExpression(source, { variables: [] }).value(null, [], context);
      } catch (error) {
        if (error instanceof ExpressionError) return error;
        throw error;
      }
      throw new Error("no error");
    };
    expect(fail("1 | .a")).toMatchObject({
      message: 'Cannot index number with string ("a")',
      value: 'Cannot index number with string ("a")',
    });
    expect(fail("error({code: 5})")).toMatchObject({ message: '{"code":5} (not a string)', value: { code: 5 } });
    expect(fail("error")).toMatchObject({ message: "null (not a string)", value: null });
  });

  test("parseExpression keeps places in the source", () => {
    expect(parseExpression(".a + $b")).toMatchObject({
      type: "binary",
      offset: 0,
      length: 7,
      right: { type: "variable", offset: 5, length: 2 },
    });
    expect(parseExpression('"x\\($y)"')).toMatchObject({
      type: "string",
      parts: ["x", { type: "variable", offset: 4, length: 2 }],
    });
  });
});
