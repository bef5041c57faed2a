import type { EventFilter as EventFilterDefinition } from "../dsl/model.ts";
import { type Json, type JsonObject, getKey, jsonEquals } from "../lib/json.ts";
import { type Expression, compileExpression } from "../expr/expression.ts";
import type { AttributeMatch, EventFilter } from "../protocol/command.ts";
import { isLifecycleType } from "../protocol/lifecycle.ts";
import { type Evaluator, isTruthy } from "./evaluator.ts";
import type { Scope } from "./scope.ts";
import type { TaskRun } from "./task-type.ts";

/*
 * Which events a filter takes (specification, section Event Filter). A text that holds none of `^$*+?()[]{}|\` is compared as it is; any other is compared too, and then tried as a regular
 * expression over the whole attribute. An expression sees the attribute (or the data) as `.` and must be true; one that gives a text for an attribute is compared with it.
 */

/** A filter, compiled. */
export interface FilterSource {
  readonly attributes: readonly AttributeSource[];
  readonly correlations: readonly CorrelationSource[];
}

interface AttributeSource {
  readonly name: string;
  readonly match: AttributeMatch | undefined;
  readonly pattern?: Expression;
  readonly evaluator?: Evaluator;
}

interface CorrelationSource {
  readonly name: string;
  readonly from: Evaluator;
  readonly fromSource: string;
  readonly expect?: Evaluator;
  /** Known without running anything. */
  readonly constant?: Json;
  /** `$workflow.input.x` and the like: known as soon as the run has started. */
  readonly early: boolean;
}

/** Values that correlations have: expected ones by filter and name, those bound by the first event by name. */
export interface Correlations {
  readonly expected: { readonly [filterAndName: string]: Json };
  readonly bound: { readonly [name: string]: Json };
}

const EARLY_EXPECTATION = /^\s*\$\{\s*\$(?:workflow\.input|env)(?:\.\w+|\["[^"\\]*"\])+\s*\}\s*$/u;

/** Compiles a filter. */
export function compileFilter(filter: EventFilterDefinition, scope: Scope): FilterSource {
  const attributes = Object.entries(filter.with as JsonObject).map(([name, value]) =>
    compileAttribute(name, value, scope.at("with", name)),
  );
  const correlations = Object.entries(filter.correlate ?? {}).map(([name, { from, expect }]): CorrelationSource => {
    const place = scope.at("correlate", name);
    const expectation = expect === undefined ? undefined : place.template(expect, "expect");
    return {
      name,
      from: place.bare(from, "from"),
      fromSource: bareSource(from),
      early: expect !== undefined && EARLY_EXPECTATION.test(expect),
      ...(expectation === undefined ? {} : { expect: expectation }),
      ...(expectation?.constant === undefined ? {} : { constant: expectation.constant }),
    };
  });
  return { attributes, correlations };
}

function compileAttribute(name: string, value: Json, scope: Scope): AttributeSource {
  if (typeof value !== "string") return { name, match: { equals: value } };
  if (value.includes("${")) {
    const whole = /^\s*\$\{[\s\S]*\}\s*$/u.test(value);
    const evaluator = whole ? scope.bare(value) : scope.template(value);
    const selfContained = whole && evaluator.needs.length === 0 && name === "data";
    return { name, evaluator, match: selfContained ? { expression: bareSource(value) } : undefined };
  }
  if (!/[\^$*+?()[\]{}|\\]/u.test(value)) return { name, match: { equals: value } };
  try {
    // By the expression engine, whose regular expressions cannot hang on what an event brings.
    const pattern = compileExpression(`test(${JSON.stringify(`^(?:${value})$`)})`, { variables: [] });
    pattern.test("", [], { nowMs: 0 });
    return { name, match: { pattern: value }, pattern };
  } catch {
    // Not a regular expression after all: a text with such characters.
    return { name, match: { equals: value } };
  }
}

/** An expression's text without the `${ }` around it. */
function bareSource(text: string): string {
  return /^\s*\$\{([\s\S]*)\}\s*$/u.exec(text)?.[1]?.trim() ?? text.trim();
}

/** Expected values of the correlations of filters, evaluated on the task's input when it begins. */
export function evaluateExpectations(
  filters: readonly FilterSource[],
  run: TaskRun,
): { readonly [filterAndName: string]: Json } {
  const expected: Record<string, Json> = {};
  for (const [index, { correlations }] of filters.entries()) {
    for (const { name, expect } of correlations)
      if (expect !== undefined) expected[`${index}.${name}`] = run.value(expect);
  }
  return expected;
}

/** Tells whether an event passes a filter; gives the correlation values it binds by being first, or undefined when it does not pass. */
export function matchEvent(
  filter: FilterSource,
  index: number,
  event: JsonObject,
  run: TaskRun,
  known: Correlations,
): JsonObject | undefined {
  if (!filter.attributes.some(({ name }) => name === "type") && isLifecycleEvent(event)) return undefined;
  for (const attribute of filter.attributes) if (!matchAttribute(attribute, event, run)) return undefined;
  const binds: Record<string, Json> = {};
  for (const { name, from } of filter.correlations) {
    const value = run.value(from, event);
    const expected = getKey(known.expected, `${index}.${name}`) ?? getKey(known.bound, name);
    if (value === null || (expected !== undefined && !jsonEquals(value, expected))) return undefined;
    if (expected === undefined) binds[name] = value;
  }
  return binds;
}

/** Tells whether an event says what became of a run or a task: only a filter that names its `type` takes one. */
export function isLifecycleEvent(event: JsonObject): boolean {
  return isLifecycleType(getKey(event, "type"));
}

function matchAttribute(
  { name, match, pattern, evaluator }: AttributeSource,
  event: JsonObject,
  run: TaskRun,
): boolean {
  const value = getKey(event, name);
  if (evaluator !== undefined) {
    const result = run.value(evaluator, value ?? null);
    return typeof result === "string" && name !== "data" ? result === value : isTruthy(result);
  }
  if (value === undefined || match === undefined) return false;
  if ("equals" in match) return jsonEquals(value, match.equals);
  return (
    typeof value === "string" &&
    "pattern" in match &&
    (value === match.pattern || pattern?.test(value, [], { nowMs: run.now }) === true)
  );
}

/** The filter as a host matches it, with the correlation values known by now; conditions that only the run can evaluate are left to it. */
export function hostFilter(filter: FilterSource, index: number, known: Correlations): EventFilter {
  const correlate = filter.correlations.flatMap(({ name, from, fromSource }) => {
    const equals = getKey(known.expected, `${index}.${name}`) ?? getKey(known.bound, name);
    return equals === undefined || from.needs.length > 0 ? [] : [{ from: fromSource, equals }];
  });
  return withCorrelations(hostAttributes(filter), correlate);
}

/** The filter as far as the document and the workflow's input tell before the task is reached; undefined where it names neither type nor source and so would take too much. */
export function earlyFilter(filter: FilterSource, run: Pick<TaskRun, "value">): EventFilter | undefined {
  const attributes = hostAttributes(filter);
  if (attributes["type"] === undefined && attributes["source"] === undefined) return undefined;
  const correlate = filter.correlations.flatMap(({ from, fromSource, constant, early, expect }) => {
    const equals = early && expect !== undefined ? run.value(expect, null) : constant;
    return equals === undefined || from.needs.length > 0 ? [] : [{ from: fromSource, equals }];
  });
  return withCorrelations(attributes, correlate);
}

function hostAttributes({ attributes }: FilterSource): { readonly [attribute: string]: AttributeMatch } {
  const conditions: Record<string, AttributeMatch> = {};
  for (const { name, match } of attributes) if (match !== undefined) conditions[name] = match;
  return conditions;
}

function withCorrelations(
  attributes: { readonly [attribute: string]: AttributeMatch },
  correlate: NonNullable<EventFilter["correlate"]>,
): EventFilter {
  return correlate.length === 0 ? { with: attributes } : { with: attributes, correlate };
}

/** A filter in words: `event of type com.example.paid`. */
export function describeFilter({ attributes }: FilterSource): string {
  const words = attributes.map(({ name, match }) => {
    if (match !== undefined && "equals" in match)
      return `${name} ${typeof match.equals === "string" ? match.equals : JSON.stringify(match.equals)}`;
    if (match !== undefined && "pattern" in match) return `${name} like ${match.pattern}`;
    return `matching ${name}`;
  });
  return `event of ${words.join(", ")}`;
}
