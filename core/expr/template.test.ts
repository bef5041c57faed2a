import { describe, expect, test } from "vitest";
import type { Json } from "../lib/json.ts";
import { ExpressionError, ExpressionLimitError, ExpressionSyntaxError } from "./expression.ts";
import { type TemplateMode, compileBare, compileTemplate } from "./template.ts";

const context = { nowMs: 0 };
const input: Json = { name: "Ada", n: 3, list: [1, 2], none: null, nested: { x: true } };

function evaluate(value: Json, mode: TemplateMode = "strict"): Json {
  return compileTemplate(value, { variables: ["context"], mode }).evaluate(input, [{ user: "u" }], context);
}

describe("compileTemplate", () => {
  test.each<[Json, Json]>([
    ["plain", "plain"],
    ["", ""],
    [5, 5],
    [null, null],
    ["${ .n }", 3],
    ["  ${ .n }\n", 3],
    ["${.list}", [1, 2]],
    ["${ .list[] }", [1, 2]],
    ["${ empty }", null],
    ["hello ${ .name }!", "hello Ada!"],
    ["${.name}${.n}", "Ada3"],
    ["${ .name } ", "Ada"],
    ["a ${ .none } b", "a  b"],
    ["list: ${ .list }", "list: [1,2]"],
    ["${ .nested.x }/${ $context.user }", "true/u"],
    ["\\${ .n }", "${ .n }"],
    ["\\${x} is ${ .n }", "${x} is 3"],
    ['${ "}" }', "}"],
    ['${ "\\("}" + "{")" }', "}{"],
    ['${ {a: {b: "}"}} }', { a: { b: "}" } }],
    ["${ [.list[] | {v: .}] }", [{ v: 1 }, { v: 2 }]],
    ["${ 1 # a } comment\n}", 1],
    ["$notAnExpression", "$notAnExpression"],
    ["{ .n }", "{ .n }"],
    ["100%", "100%"],
    [
      { a: "${ .n }", b: ["x", "${ .name }", { c: "${ .none }" }] },
      { a: 3, b: ["x", "Ada", { c: null }] },
    ],
    [{ "${ .n }": 1 }, { "${ .n }": 1 }],
    [".n", ".n"],
  ])("strict %j", (value, expected) => {
    expect(evaluate(value)).toEqual(expected);
  });

  test.each<[Json, Json]>([
    [".n", 3],
    ["hello world", "hello world"],
    ["Ada", "Ada"],
    ["https://example.org/a?b=c", "https://example.org/a?b=c"],
    ["${ .n }", 3],
    ["n is ${ .n }", "n is 3"],
    [".name.deeper", ".name.deeper"],
    ["${ .name.deeper }", ".name.deeper"],
    ['"quoted"', "quoted"],
    ["", ""],
    [
      { a: ".list", b: "text, text" },
      { a: [1, 2], b: "text, text" },
    ],
  ])("loose %j", (value, expected) => {
    expect(evaluate(value, "loose")).toEqual(expected);
  });

  test("a structure without expressions is constant, frozen and always the same", () => {
    const value = { a: [1, { b: "x" }], ["__proto__x"]: 1 };
    const template = compileTemplate(value, { variables: [] });
    expect(template.constant).toBe(true);
    const first = template.evaluate(null, [], context);
    expect(first).toEqual(value);
    expect(template.evaluate(1, [], context)).toBe(first);
    expect(Object.isFrozen((first as { a: unknown[] }).a[1])).toBe(true);
    expect(Object.isFrozen(value)).toBe(false);
  });

  test("__proto__ is a plain key", () => {
    const value = JSON.parse('{"__proto__": "${ .n }", "b": 1}') as Json;
    expect(JSON.stringify(evaluate(value))).toBe('{"__proto__":3,"b":1}');
  });

  test.each<[Json, string, number, string]>([
    ["${ .a. }", "", 7, 'unexpected end of expression, expected a name, a string or "[" after "."'],
    ["x ${ $nope }", "", 5, "$nope is not defined"],
    [{ a: [0, { "b/c": "text ${ foo( }" }] }, "/a/1/b~1c", 13, "unexpected end of expression"],
    ["${ .a", "", 0, '"${" is not closed, a "}" should follow'],
    ["${}", "", 2, "expression is empty"],
    ["${ (.a }", "", 7, 'unexpected end of expression, expected ")" to match "("'],
  ])("%j is refused with its place", (value, pointer, offset, message) => {
    const compile = (): unknown => compileTemplate(value, { variables: [] });
    expect(compile).toThrow(ExpressionSyntaxError);
    expect(compile).toThrow(expect.objectContaining({ pointer, offset, message }));
  });

  test("runtime errors carry the pointer; limits pass through in loose mode too", () => {
    expect(() => evaluate({ a: ["${ .name.x }"] })).toThrow(
      expect.objectContaining({ name: "ExpressionError", pointer: "/a/0" }),
    );
    expect(() => evaluate({ a: "${ .name.x }" })).toThrow(ExpressionError);
    expect(() => evaluate("repeat(.)", "loose")).toThrow(ExpressionLimitError);
  });

  test("uses and staticKeys gather those of all expressions", () => {
    const template = compileTemplate(
      { a: "${ $secrets.x }", b: "t ${ $secrets.y + $context.z }" },
      { variables: ["context", "unused", "secrets"] },
    );
    expect([...template.uses].toSorted()).toEqual([0, 2]);
    expect(template.staticKeys("secrets")).toEqual(["x", "y"]);
  });

  test("deep structures are refused", () => {
    const deep = JSON.parse("[".repeat(100) + "]".repeat(100)) as Json;
    expect(() => compileTemplate(deep, { variables: [] })).toThrow("nested more than 64 levels deep");
  });
});

describe("compileBare", () => {
  test.each([
    [".n > 2", true],
    ["${ .n > 2 }", true],
    ["  ${ .n > 2 }\n", true],
    ["${.name} ", "Ada"],
    ['"${" + .name', "${Ada"],
    ["{a: .n}", { a: 3 }],
  ])("%s", (source, expected) => {
    expect(compileBare(source, { variables: [] }).value(input, [], context)).toEqual(expected);
  });

  test("offsets count from the start of the whole string", () => {
    expect(() => compileBare("${ $nope }", { variables: [] })).toThrow(
      expect.objectContaining({ offset: 3, length: 5 }),
    );
    expect(() => compileBare("${ .a } and ${ .b }", { variables: [] })).toThrow(ExpressionSyntaxError);
  });
});
