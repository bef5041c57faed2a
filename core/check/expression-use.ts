import { ExpressionSyntaxError, type Expression } from "../expr/expression.ts";
import { type Ast, childrenOf } from "../expr/syntax/ast.ts";
import { parseExpression } from "../expr/syntax/parser.ts";
import { compileBare, compileTemplate } from "../expr/template.ts";
import { type Json, isJsonArray, isJsonObject } from "../lib/json.ts";
import { childPointer } from "../lib/json-pointer.ts";
import type { ValueSite } from "../dsl/schema/check-shape.ts";
import { availableVariables } from "./available-variables.ts";

/** An expression of a document: one text that is or holds expressions, compiled as it will be for running. */
export interface ExpressionUse {
  readonly site: ValueSite;
  /** Pointer of the text itself; below the site's pointer where the site is a structure. */
  readonly pointer: string;
  readonly source: string;
  /** Whether the text is an expression as a whole, so that `syntax` is its tree. */
  readonly whole: boolean;
  readonly error?: ExpressionSyntaxError;
  /** The tree of a whole expression, and where its source starts in the text. */
  readonly syntax?: { readonly tree: Ast; readonly offset: number };
  /** First-level keys read from a variable by constant names. */
  staticKeys(variable: string): readonly string[];
}

/** Roles whose texts may hold `${ }`, besides expressions by themselves. */
const TEMPLATE_ROLES = new Set([
  "template",
  "marked-expression",
  "duration",
  "uri",
  "json-pointer",
  "date-time",
  "error-type",
]);

/** Texts longer than this are not expressions anybody wrote. */
const SOURCE_LENGTH_MAX = 100_000;

/** Every expression of a document, compiled with the variables of its place. */
export function expressionUses(sites: readonly ValueSite[], mode: "strict" | "loose"): readonly ExpressionUse[] {
  const uses: ExpressionUse[] = [];
  for (const site of sites) {
    if (site.role === "expression") uses.push(bareUse(site));
    else if (TEMPLATE_ROLES.has(site.role)) collect(site.value, site.pointer, site, mode, uses);
  }
  return uses;
}

/** The text of a whole expression without its `${ }`, and how many characters stand before it. */
export function unmarked(text: string): { readonly source: string; readonly offset: number } {
  const match = /^(\s*\$\{)([\s\S]*)\}\s*$/u.exec(text);
  return match === null
    ? { source: text, offset: 0 }
    : { source: match[2] as string, offset: (match[1] as string).length };
}

/** Tells whether a text is one `${ }` as a whole. */
export function isMarked(text: string): boolean {
  return /^\s*\$\{[\s\S]+\}\s*$/u.test(text);
}

/** Every node of a tree, the outer ones first. */
export function* nodesOf(tree: Ast): Iterable<Ast> {
  yield tree;
  for (const child of childrenOf(tree)) yield* nodesOf(child);
}

function collect(value: Json, pointer: string, site: ValueSite, mode: "strict" | "loose", uses: ExpressionUse[]): void {
  if (typeof value === "string") {
    if (value.includes("${") || (mode === "loose" && site.role === "template"))
      uses.push(templateUse(value, pointer, site, mode));
  } else if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) collect(item, childPointer(pointer, index), site, mode, uses);
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) collect(item, childPointer(pointer, key), site, mode, uses);
  }
}

function variablesOf(site: ValueSite): readonly string[] {
  return [...new Set([...availableVariables[site.site], ...site.variables])];
}

function bareUse(site: ValueSite): ExpressionUse {
  const source = typeof site.value === "string" ? site.value : "";
  return use(site, site.pointer, source, true, () => compileBare(bounded(source), { variables: variablesOf(site) }));
}

function templateUse(source: string, pointer: string, site: ValueSite, mode: "strict" | "loose"): ExpressionUse {
  const whole = isMarked(source);
  return use(site, pointer, source, whole, () =>
    compileTemplate(bounded(source), { variables: variablesOf(site), mode }),
  );
}

function bounded(source: string): string {
  if (source.length <= SOURCE_LENGTH_MAX) return source;
  throw new ExpressionSyntaxError(`the expression is longer than ${SOURCE_LENGTH_MAX} characters`, {
    offset: 0,
    length: 1,
  });
}

function use(
  site: ValueSite,
  pointer: string,
  source: string,
  whole: boolean,
  compile: () => Pick<Expression, "staticKeys">,
): ExpressionUse {
  try {
    const compiled = compile();
    const base = { site, pointer, source, whole, staticKeys: (variable: string) => compiled.staticKeys(variable) };
    const syntax = whole ? syntaxOf(source) : undefined;
    return syntax === undefined ? base : { ...base, syntax };
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    return { site, pointer, source, whole, error, staticKeys: () => [] };
  }
}

/** The tree, undefined where the text is several expressions that only look like one. */
function syntaxOf(text: string): { readonly tree: Ast; readonly offset: number } | undefined {
  const { source, offset } = unmarked(text);
  try {
    return { tree: parseExpression(source), offset };
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return undefined;
    throw error;
  }
}
