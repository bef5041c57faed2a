import type { JsonObject } from "../../lib/json.ts";

/*
 * The shape of a document as data: what may stand where, and what a value at that place means. One table serves the check of the shape, the collection of expressions and
 * references for the rules, and the coverage report. Alternatives are always told apart by the type of the value or by one key, never by trying: so one mistake gives one message.
 */

/** Where an expression is evaluated: decides which arguments it may use (specification, table of runtime expression arguments). */
export type ExpressionSite =
  | "schedule"
  | "workflowInput"
  | "taskIf"
  | "taskInput"
  | "taskDefinition"
  | "taskOutput"
  | "taskExport"
  | "workflowOutput";

/** What a value means, beyond its type. */
export type Role =
  /** Plain text or data in which `${ }` means nothing. */
  | "literal"
  /** Any JSON whose texts may hold `${ }`. */
  | "template"
  /** A runtime expression by itself, `${ }` around it optional. */
  | "expression"
  /** A text that must be a runtime expression in `${ }`. */
  | "marked-expression"
  | "duration"
  | "uri"
  | "cron"
  | "json-pointer"
  | "date-time"
  | "json-schema"
  | "schema-format"
  | "directive"
  /** The name of a variable that expressions see. */
  | "variable"
  | "call"
  | "authentication"
  | "retry"
  | "error"
  | "timeout"
  | "secret"
  | "error-type"
  | "dsl-version";

/** The shape of a value. */
export type Shape =
  | TextShape
  | NumberShape
  | { readonly kind: "boolean" }
  | { readonly kind: "any"; readonly role: Role; readonly site: ExpressionSite }
  | ListShape
  | MapShape
  | ObjectShape
  | UnionShape
  | { readonly kind: "tasks" }
  | { readonly kind: "task" }
  | { readonly kind: "lazy"; readonly shape: () => Shape };

export interface TextShape {
  readonly kind: "text";
  readonly role: Role;
  readonly site: ExpressionSite;
  /** The only texts allowed. */
  readonly choices?: readonly string[];
  readonly pattern?: RegExp;
  /** What the pattern asks for, after "it should be". */
  readonly expected?: string;
}

export interface NumberShape {
  readonly kind: "integer";
  readonly min: number;
  readonly max?: number;
}

export interface ListShape {
  readonly kind: "list";
  readonly item: Shape;
  readonly min: number;
}

/** An object with names of the author's choice. */
export interface MapShape {
  readonly kind: "map";
  readonly title: string;
  readonly value: Shape;
  readonly min: number;
  /** Exactly one entry: the items of lists of named things. */
  readonly single?: boolean;
}

export interface ObjectShape {
  readonly kind: "object";
  /** What it is, with its article: "an HTTP call". */
  readonly title: string;
  readonly properties: Readonly<Record<string, Shape>>;
  readonly required: readonly string[];
  /** Groups of properties of which exactly one is present. */
  readonly exactlyOne: readonly (readonly string[])[];
  /** Groups of properties of which at least one is present. */
  readonly atLeastOne: readonly (readonly string[])[];
  /** Shape of properties that are not named; absent: there are none. */
  readonly rest?: Shape;
  /** A key that stands for all the others: with it nothing else may or must be present. */
  readonly insteadOf?: string;
  /** How many properties there are at least. */
  readonly min?: number;
  /** Properties that are present exactly when another one has a certain value. */
  readonly exactlyWhen?: Readonly<Record<string, { readonly key: string; readonly value: string }>>;
  /** Properties that make sense only beside a certain other one. */
  readonly needs: Readonly<Record<string, string>>;
  /** Variables that the expressions below a property see in addition, read from the object. */
  readonly binds?: Readonly<Record<string, (value: JsonObject) => readonly string[]>>;
  /** The whole object read as one value of this role, besides its properties one by one. */
  readonly role?: Role;
  readonly site?: ExpressionSite;
}

/** A value of one of several types, told apart by its type. */
export interface UnionShape {
  readonly kind: "union";
  readonly text?: Shape;
  readonly object?: Shape;
  readonly list?: Shape;
  readonly number?: Shape;
}

/** A text; expressions in it are those of a task's definition unless another site is given. */
export function text(role: Role = "template", site: ExpressionSite = "taskDefinition"): TextShape {
  return { kind: "text", role, site };
}

/** One of a fixed set of texts. */
export function choice(...choices: readonly string[]): TextShape {
  return { kind: "text", role: "literal", site: "taskDefinition", choices };
}

/** A text that matches a pattern; `expected` completes "it should be". */
export function pattern(regex: RegExp, expected: string, role: Role = "literal"): TextShape {
  return { kind: "text", role, site: "taskDefinition", pattern: regex, expected };
}

/** Any JSON whose texts may hold expressions. */
export function anything(role: Role = "template", site: ExpressionSite = "taskDefinition"): Shape {
  return { kind: "any", role, site };
}

export function integer(min: number, max?: number): NumberShape {
  return max === undefined ? { kind: "integer", min } : { kind: "integer", min, max };
}

export const boolean: Shape = { kind: "boolean" };

export function list(item: Shape, min = 0): ListShape {
  return { kind: "list", item, min };
}

export function map(title: string, value: Shape, min = 0): MapShape {
  return { kind: "map", title, value, min };
}

/** An object with exactly one entry: name and value. */
export function named(title: string, value: Shape): MapShape {
  return { kind: "map", title, value, min: 1, single: true };
}

/** An object; properties whose name ends in `!` are required. */
export function object(
  title: string,
  properties: Readonly<Record<string, Shape>>,
  options: Partial<Omit<ObjectShape, "kind" | "title" | "properties" | "required">> = {},
): ObjectShape {
  const entries = Object.entries(properties).map(([name, shape]) => [name.replace(/!$/u, ""), shape] as const);
  const required = Object.keys(properties)
    .filter((name) => name.endsWith("!"))
    .map((name) => name.slice(0, -1));
  return {
    kind: "object",
    title,
    properties: Object.fromEntries(entries),
    required,
    exactlyOne: [],
    atLeastOne: [],
    needs: {},
    ...options,
  };
}

export function union(alternatives: Omit<UnionShape, "kind">): UnionShape {
  return { kind: "union", ...alternatives };
}

export function lazy(shape: () => Shape): Shape {
  return { kind: "lazy", shape };
}

/** A list of named tasks. */
export const tasks: Shape = { kind: "tasks" };

/** A task of any kind. */
export const task: Shape = { kind: "task" };
