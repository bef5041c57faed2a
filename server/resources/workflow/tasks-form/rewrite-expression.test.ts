import { describe, expect, test } from "vitest";
import { type DialectScope, rewriteCondition, rewriteText } from "./rewrite-expression.ts";

function scope(init: Partial<DialectScope> = {}): DialectScope {
  return { loops: [], secrets: new Set(), ...init };
}

const inLoop = { loops: ["commit", "item"] };
const inCatch = { error: "error" };

describe("rewriteText", () => {
  test.each<[string, string, Partial<DialectScope>?]>([
    ["no expression", "no expression"],
    ['${ $context["fetch"].title }', '${ $context["fetch"].title }'],
    ["${ $context['fetch'].title }", '${ $context["fetch"].title }'],
    ["Bearer ${.secrets.TOKEN}", "Bearer ${$secrets.TOKEN}"],
    ["${.env_vars.BASE}/x/${.env_vars.PATH}", "${$env.BASE}/x/${$env.PATH}"],
    ["${.item.sha}", "${.item.sha}"],
    ["${.item.sha}", "${$item.sha}", { loops: ["item"] }],
    ["${.commit.sha}", "${$commit.sha}", inLoop],
    ["${ .items | map(.item) }", "${ .items | map(.item) }", inLoop],
    ["${ [.item, .x.item] }", "${ [$commit, .x.item] }", { loops: ["commit"] }],
    ['${ "literal .item }" + .item }', '${ "literal .item }" + $item }', { loops: ["item"] }],
    ["${.error.message}", "${($error.detail // $error.title)}", inCatch],
    ["${.error.status}", "${$error.status}", inCatch],
    ["${.error.message}", "${.error.message}"],
    ["${.problem.type}", "${$problem.type}", { error: "problem" }],
    ["${.fork.branches.b.data.x}", "${$context.fork.branches.b.x}"],
    ["${.fork.other}", "${.fork.other}"],
    ["unclosed ${ .item", "unclosed ${ .item", inLoop],
    ["${ if .item then .item else .item end }", "${ if $item then $item else $item end }", { loops: ["item"] }],
    ["${ $x.item + .item }", "${ $x.item + $item }", { loops: ["item"] }],
    ["${ .item[0].item }", "${ $item[0].item }", { loops: ["item"] }],
    ["${ (.a | .item) + .item }", "${ (.a | .item) + $item }", { loops: ["item"] }],
  ])("%s becomes %s", (given, want, init = {}) => {
    expect(rewriteText(given, scope(init))).toBe(want);
  });

  test("collects the secrets it meets", () => {
    const collecting = scope();
    rewriteText("${.secrets.A} ${.secrets.B} ${.env_vars.C}", collecting);
    expect([...collecting.secrets]).toEqual(["A", "B"]);
  });
});

describe("rewriteCondition", () => {
  test.each([
    ['${ $context["t"].state } == "closed"', '${ ( $context["t"].state ) == "closed" }'],
    ['${ $context["t"].title } | contains("fix")', '${ ( $context["t"].title ) | contains("fix") }'],
    ["${ .a } == ${ .b }", "${ ( .a ) == ( .b ) }"],
    ["${ .a == 1 }", "${ .a == 1 }"],
    [".a == 1", "${.a == 1}"],
    ["${ .a } and ${ .b } == 'x'", '${ ( .a ) and ( .b ) == "x" }'],
  ])("%s becomes %s", (given, want) => {
    expect(rewriteCondition(given, scope())).toBe(want);
  });
});
