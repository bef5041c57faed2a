import type { Json } from "../../lib/json.ts";

/** Operators that take two values and give one. */
export type BinaryOperator = "+" | "-" | "*" | "/" | "%" | "==" | "!=" | "<" | "<=" | ">" | ">=";

/** Operators that write to the paths of their left side. */
export type AssignmentOperator = "=" | "|=" | "+=" | "-=" | "*=" | "/=" | "%=" | "//=";

/** One key and value of an object construction. */
export interface ObjectEntry {
  readonly key: Ast;
  readonly value: Ast;
}

/** What stands after `as`: a variable, or an array or object taken apart. */
export type Pattern =
  | { readonly type: "variable"; readonly name: string }
  | { readonly type: "array"; readonly items: readonly Pattern[] }
  | { readonly type: "object"; readonly entries: readonly PatternEntry[] };

/** One entry of an object pattern: `$name`, `key: pattern` or `$name: pattern`. */
export interface PatternEntry {
  readonly key: Ast;
  /** The variable that gets the whole value, where the key is written `$name`. */
  readonly variable?: string;
  readonly pattern?: Pattern;
}

/** A parameter of a function: a filter, or (`$name`) a value. */
export interface Parameter {
  readonly name: string;
  readonly isValue: boolean;
}

/** A function definition; it is visible in itself and in what follows it. */
export interface FunctionDefinition {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: Ast;
}

interface Spanned {
  readonly offset: number;
  readonly length: number;
}

type Node<T extends string, Fields = unknown> = Spanned & { readonly type: T } & Readonly<Fields>;

/** A parsed expression; every node knows its place in the source. */
export type Ast =
  | Node<"identity">
  | Node<"recurse">
  | Node<"literal", { value: Json }>
  | Node<"index", { target: Ast; key: Ast; optional: boolean }>
  | Node<"slice", { target: Ast; from: Ast | undefined; to: Ast | undefined; optional: boolean }>
  | Node<"iterate", { target: Ast; optional: boolean }>
  | Node<"pipe", { left: Ast; right: Ast }>
  | Node<"comma", { left: Ast; right: Ast }>
  | Node<"negate", { operand: Ast }>
  | Node<"binary", { operator: BinaryOperator; left: Ast; right: Ast }>
  | Node<"and", { left: Ast; right: Ast }>
  | Node<"or", { left: Ast; right: Ast }>
  | Node<"alternative", { left: Ast; right: Ast }>
  | Node<"assignment", { operator: AssignmentOperator; target: Ast; value: Ast }>
  | Node<"if", { condition: Ast; consequent: Ast; otherwise: Ast | undefined }>
  | Node<"try", { body: Ast; handler: Ast | undefined }>
  | Node<"reduce", { source: Ast; patterns: readonly Pattern[]; init: Ast; update: Ast }>
  | Node<"foreach", { source: Ast; patterns: readonly Pattern[]; init: Ast; update: Ast; extract: Ast | undefined }>
  | Node<"label", { name: string; body: Ast }>
  | Node<"break", { name: string }>
  | Node<"as", { source: Ast; patterns: readonly Pattern[]; body: Ast }>
  | Node<"def", { definition: FunctionDefinition; body: Ast }>
  | Node<"call", { name: string; args: readonly Ast[] }>
  | Node<"variable", { name: string }>
  | Node<"object", { entries: readonly ObjectEntry[] }>
  | Node<"array", { body: Ast | undefined }>
  | Node<"string", { format: string; parts: readonly (string | Ast)[] }>
  | Node<"format", { name: string }>;

/** The children of a node in source order, patterns' key expressions included: what a walk over the tree needs. */
export function childrenOf(node: Ast): readonly Ast[] {
  switch (node.type) {
    case "identity":
    case "recurse":
    case "literal":
    case "break":
    case "variable":
    case "format":
      return [];
    case "index":
      return [node.target, node.key];
    case "slice":
      return [node.target, node.from, node.to].filter((child) => child !== undefined);
    case "iterate":
      return [node.target];
    case "pipe":
    case "comma":
    case "binary":
    case "and":
    case "or":
    case "alternative":
      return [node.left, node.right];
    case "negate":
      return [node.operand];
    case "assignment":
      return [node.target, node.value];
    case "if":
      return node.otherwise ? [node.condition, node.consequent, node.otherwise] : [node.condition, node.consequent];
    case "try":
      return node.handler ? [node.body, node.handler] : [node.body];
    case "reduce":
      return [node.source, ...node.patterns.flatMap(patternKeys), node.init, node.update];
    case "foreach":
      return [
        node.source,
        ...node.patterns.flatMap(patternKeys),
        node.init,
        node.update,
        ...(node.extract ? [node.extract] : []),
      ];
    case "label":
      return [node.body];
    case "as":
      return [node.source, ...node.patterns.flatMap(patternKeys), node.body];
    case "def":
      return [node.definition.body, node.body];
    case "call":
      return node.args;
    case "object":
      return node.entries.flatMap((entry) => [entry.key, entry.value]);
    case "array":
      return node.body ? [node.body] : [];
    case "string":
      return node.parts.filter((part) => typeof part !== "string");
  }
}

function patternKeys(pattern: Pattern): readonly Ast[] {
  switch (pattern.type) {
    case "variable":
      return [];
    case "array":
      return pattern.items.flatMap(patternKeys);
    case "object":
      return pattern.entries.flatMap((entry) => [entry.key, ...(entry.pattern ? patternKeys(entry.pattern) : [])]);
  }
}

/** The variables a pattern binds, in order of appearance and without repetition. */
export function patternVariables(pattern: Pattern): readonly string[] {
  const names = new Set<string>();
  collectVariables(pattern, names);
  return [...names];
}

function collectVariables(pattern: Pattern, names: Set<string>): void {
  switch (pattern.type) {
    case "variable":
      names.add(pattern.name);
      return;
    case "array":
      for (const item of pattern.items) collectVariables(item, names);
      return;
    case "object":
      for (const entry of pattern.entries) {
        if (entry.variable !== undefined) names.add(entry.variable);
        if (entry.pattern) collectVariables(entry.pattern, names);
      }
  }
}
