import { canonicalJson } from "../canonical-json.ts";
import { type Json, isJsonArray, isJsonObject, jsonEquals } from "../json.ts";
import type { Check } from "./evaluation.ts";
import { formats } from "./formats.ts";
import { compilePattern, patternProblem } from "./pattern.ts";
import type { KeywordCompiler, KeywordSite } from "./schema-compiler.ts";

const TYPES = ["null", "boolean", "number", "integer", "string", "array", "object"];

/** The keywords of the validation vocabulary: each looks at the value itself, none at what is inside. */
export const assertions: ReadonlyMap<string, KeywordCompiler> = new Map(
  Object.entries({
    type: compileType,
    const:
      ({ value: wanted }: KeywordSite): Check =>
      (value, path, run) => {
        if (!jsonEquals(value, wanted)) run.fail(path, "const", `should be ${shown(wanted)}`);
      },
    enum: compileEnum,
    multipleOf: compileMultipleOf,
    maximum: numberLimit((value, limit) => value <= limit, "at most"),
    exclusiveMaximum: numberLimit((value, limit) => value < limit, "less than"),
    minimum: numberLimit((value, limit) => value >= limit, "at least"),
    exclusiveMinimum: numberLimit((value, limit) => value > limit, "more than"),
    maxLength: sizeLimit(codePoints, (size, limit) => size <= limit, "at most", "characters"),
    minLength: sizeLimit(codePoints, (size, limit) => size >= limit, "at least", "characters"),
    pattern: compilePatternKeyword,
    format: compileFormat,
    maxItems: sizeLimit(itemCount, (size, limit) => size <= limit, "at most", "items"),
    minItems: sizeLimit(itemCount, (size, limit) => size >= limit, "at least", "items"),
    uniqueItems: compileUniqueItems,
    maxProperties: sizeLimit(propertyCount, (size, limit) => size <= limit, "at most", "properties"),
    minProperties: sizeLimit(propertyCount, (size, limit) => size >= limit, "at least", "properties"),
    required: compileRequired,
    dependentRequired: compileDependentRequired,
  }),
);

function compileType({ value: types, refuse }: KeywordSite): Check {
  const names: readonly Json[] = isJsonArray(types) ? types : [types];
  for (const name of names) {
    if (typeof name !== "string" || !TYPES.includes(name))
      return refuse(`one of ${TYPES.join(", ")}, or a list of them`);
  }
  const wanted = new Set(names as readonly string[]);
  const list = [...wanted].map(withArticle).join(" or ");
  return (value, path, run) => {
    const type = typeOf(value);
    if (wanted.has(type) || (type === "integer" && wanted.has("number"))) return;
    run.fail(path, "type", `should be ${list}, is ${withArticle(type)}`);
  };
}

function compileEnum({ value: choices, refuse }: KeywordSite): Check {
  if (!isJsonArray(choices)) return refuse("a list");
  const list = choices.slice(0, 12).map(shown).join(", ") + (choices.length > 12 ? ", …" : "");
  return (value, path, run) => {
    if (!choices.some((choice) => jsonEquals(value, choice))) run.fail(path, "enum", `should be one of ${list}`);
  };
}

function compileMultipleOf({ value: divisor, refuse }: KeywordSite): Check {
  if (typeof divisor !== "number" || divisor <= 0) return refuse("a number above 0");
  return (value, path, run) => {
    if (typeof value !== "number" || value === 0) return;
    const quotient = value / divisor;
    // Decimal fractions are inexact in binary: the nearest whole number within rounding error counts.
    const exact =
      Number.isInteger(quotient) ||
      Math.abs(quotient - Math.round(quotient)) <= Math.abs(quotient) * Number.EPSILON * 2;
    if (!Number.isFinite(quotient) || !exact) run.fail(path, "multipleOf", `should be a multiple of ${divisor}`);
  };
}

function numberLimit(holds: (value: number, limit: number) => boolean, words: string): KeywordCompiler {
  return ({ keyword, value: limit, refuse }) => {
    if (typeof limit !== "number") return refuse("a number");
    return (value, path, run) => {
      if (typeof value === "number" && !holds(value, limit)) run.fail(path, keyword, `should be ${words} ${limit}`);
    };
  };
}

function sizeLimit(
  measure: (value: Json) => number | undefined,
  holds: (size: number, limit: number) => boolean,
  words: string,
  unit: string,
): KeywordCompiler {
  return ({ keyword, value: limit, refuse }) => {
    if (typeof limit !== "number" || limit < 0 || !Number.isInteger(limit))
      return refuse("a whole number of 0 or more");
    return (value, path, run) => {
      const size = measure(value);
      if (size !== undefined && !holds(size, limit)) {
        run.fail(path, keyword, `should have ${words} ${limit} ${unit}, has ${size}`);
      }
    };
  };
}

function codePoints(value: Json): number | undefined {
  if (typeof value !== "string") return undefined;
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

function itemCount(value: Json): number | undefined {
  return isJsonArray(value) ? value.length : undefined;
}

function propertyCount(value: Json): number | undefined {
  return isJsonObject(value) ? Object.keys(value).length : undefined;
}

function compilePatternKeyword({ value: source, refuse }: KeywordSite): Check {
  if (typeof source !== "string") return refuse("a regular expression");
  const problem = patternProblem(source);
  if (problem !== undefined) return refuse(`a regular expression (${problem})`);
  const pattern = compilePattern(source);
  return (value, path, run) => {
    if (typeof value === "string" && !pattern.test(value))
      run.fail(path, "pattern", `should match the pattern ${source}`);
  };
}

function compileFormat({ value: name, compiler, refuse }: KeywordSite): Check | undefined {
  if (typeof name !== "string") return refuse("the name of a format");
  const test = compiler.formats === "assert" ? formats.get(name) : undefined;
  if (test === undefined) return undefined;
  return (value, path, run) => {
    if (typeof value === "string" && !test(value)) run.fail(path, "format", `should have the format ${name}`);
  };
}

function compileUniqueItems({ value: unique, refuse }: KeywordSite): Check | undefined {
  if (typeof unique !== "boolean") return refuse("true or false");
  if (!unique) return undefined;
  return (value, path, run) => {
    if (!isJsonArray(value)) return;
    const seen = new Map<string, number>();
    for (const [index, item] of value.entries()) {
      const text = canonicalJson(item);
      const first = seen.get(text);
      if (first !== undefined)
        run.fail(path, "uniqueItems", `should hold no item twice, items ${first} and ${index} are equal`);
      else seen.set(text, index);
    }
  };
}

function compileRequired({ value: names, refuse }: KeywordSite): Check {
  const wanted = nameList(names) ?? refuse("a list of names");
  return (value, path, run) => {
    if (!isJsonObject(value)) return;
    for (const name of wanted) {
      if (!Object.hasOwn(value, name)) run.fail(path, "required", `should have the property ${JSON.stringify(name)}`);
    }
  };
}

function compileDependentRequired({ value: dependents, refuse }: KeywordSite): Check {
  if (!isJsonObject(dependents)) return refuse("an object of lists of names");
  const wanted = Object.entries(dependents).map(
    ([name, names]) => [name, nameList(names) ?? refuse("an object of lists of names")] as const,
  );
  return (value, path, run) => {
    if (!isJsonObject(value)) return;
    for (const [name, needed] of wanted) {
      if (!Object.hasOwn(value, name)) continue;
      for (const missing of needed.filter((candidate) => !Object.hasOwn(value, candidate))) {
        run.fail(path, "dependentRequired", `should have the property "${missing}" beside "${name}"`);
      }
    }
  };
}

/** A list of names, undefined where it is something else. */
export function nameList(value: Json): readonly string[] | undefined {
  return isJsonArray(value) && value.every((name) => typeof name === "string") ? value : undefined;
}

/** The type of a value in JSON Schema's words; whole numbers are `integer`. */
export function typeOf(value: Json): string {
  if (value === null) return "null";
  if (isJsonArray(value)) return "array";
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}

function withArticle(type: string): string {
  if (type === "null") return type;
  return /^[aio]/u.test(type) ? `an ${type}` : `a ${type}`;
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
