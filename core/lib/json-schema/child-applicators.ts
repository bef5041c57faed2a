import { type Json, getKey, isJsonArray, isJsonObject } from "../json.ts";
import { type Check, Evaluated } from "./evaluation.ts";
import { type Pattern, compilePattern, patternProblem } from "./pattern.ts";
import type { KeywordCompiler, KeywordSite } from "./schema-compiler.ts";

/** The keywords that apply schemas to what is inside the value. */
export const childApplicators: ReadonlyMap<string, KeywordCompiler> = new Map(
  Object.entries({
    properties: compileProperties,
    patternProperties: compilePatternProperties,
    additionalProperties: compileAdditionalProperties,
    propertyNames: compilePropertyNames,
    prefixItems: compilePrefixItems,
    items: compileItems,
    additionalItems: compileAdditionalItems,
    contains: compileContains,
  }),
);

function compileProperties({ value: schemas, below, refuse }: KeywordSite): Check {
  if (!isJsonObject(schemas)) return refuse("an object of schemas");
  const checks = Object.entries(schemas).map(([name, schema]) => [name, below(schema, name)] as const);
  return (value, path, run, evaluated) => {
    if (!isJsonObject(value)) return;
    for (const [name, check] of checks) {
      if (!Object.hasOwn(value, name)) continue;
      evaluated.properties.add(name);
      check(value[name] as Json, { segment: name, parent: path }, run, new Evaluated());
    }
  };
}

function patterns(
  { schema }: KeywordSite,
  refuse: (expected: string) => never,
): readonly (readonly [Pattern, string])[] {
  const sources = getKey(schema, "patternProperties");
  if (!isJsonObject(sources)) return [];
  return Object.keys(sources).map((source) => {
    if (patternProblem(source) !== undefined)
      return refuse(`an object of schemas by regular expression ("${source}" is none)`);
    return [compilePattern(source), source] as const;
  });
}

function compilePatternProperties(site: KeywordSite): Check {
  const { value: schemas, below, refuse } = site;
  if (!isJsonObject(schemas)) return refuse("an object of schemas");
  const checks = patterns(site, refuse).map(
    ([pattern, source]) => [pattern, below(schemas[source] as Json, source)] as const,
  );
  return (value, path, run, evaluated) => {
    if (!isJsonObject(value)) return;
    for (const [name, item] of Object.entries(value)) {
      for (const [pattern, check] of checks) {
        if (!pattern.test(name)) continue;
        evaluated.properties.add(name);
        check(item, { segment: name, parent: path }, run, new Evaluated());
      }
    }
  };
}

function compileAdditionalProperties(site: KeywordSite): Check {
  const named = getKey(site.schema, "properties");
  const names = new Set(isJsonObject(named) ? Object.keys(named) : []);
  const matched = patterns(site, site.refuse);
  const check = site.value === false ? undefined : site.below(site.value);
  return (value, path, run, evaluated) => {
    if (!isJsonObject(value)) return;
    for (const [name, item] of Object.entries(value)) {
      if (names.has(name) || matched.some(([pattern]) => pattern.test(name))) continue;
      evaluated.properties.add(name);
      const at = { segment: name, parent: path };
      if (check === undefined)
        run.fail(at, "additionalProperties", "should not be here, only the named properties may");
      else check(item, at, run, new Evaluated());
    }
  };
}

function compilePropertyNames({ value: schema, below }: KeywordSite): Check {
  const check = below(schema);
  return (value, path, run) => {
    if (!isJsonObject(value)) return;
    for (const name of Object.keys(value)) {
      const [error] = run.attempt(check, name, undefined, new Evaluated());
      if (error !== undefined)
        run.fail({ segment: name, parent: path }, "propertyNames", `has a name that ${error.message}`);
    }
  };
}

function checkItems(checks: readonly Check[]): Check {
  return (value, path, run, evaluated) => {
    if (!isJsonArray(value)) return;
    for (const [index, check] of checks.entries()) {
      if (index >= value.length) break;
      evaluated.items.add(index);
      check(value[index] as Json, { segment: index, parent: path }, run, new Evaluated());
    }
  };
}

function checkItemsFrom(first: number, check: Check | undefined, keyword: string): Check {
  return (value, path, run, evaluated) => {
    if (!isJsonArray(value)) return;
    for (let index = first; index < value.length; index++) {
      const at = { segment: index, parent: path };
      evaluated.items.add(index);
      if (check === undefined) run.fail(at, keyword, "should not be here, the list has too many items");
      else check(value[index] as Json, at, run, new Evaluated());
    }
  };
}

function compilePrefixItems({ value: schemas, below, refuse }: KeywordSite): Check {
  if (!isJsonArray(schemas)) return refuse("a list of schemas");
  return checkItems(schemas.map((schema, index) => below(schema, index)));
}

/** `items` is a schema for the items after `prefixItems`; as a list it is the older drafts' word for `prefixItems`. */
function compileItems({ keyword, value: schemas, schema, below }: KeywordSite): Check {
  if (isJsonArray(schemas)) return checkItems(schemas.map((item, index) => below(item, index)));
  const prefix = getKey(schema, "prefixItems");
  return checkItemsFrom(
    isJsonArray(prefix) ? prefix.length : 0,
    schemas === false ? undefined : below(schemas),
    keyword,
  );
}

function compileAdditionalItems({ keyword, value: rest, schema, below }: KeywordSite): Check | undefined {
  const items = getKey(schema, "items");
  if (!isJsonArray(items)) return undefined;
  return checkItemsFrom(items.length, rest === false ? undefined : below(rest), keyword);
}

function compileContains({ value: contained, schema, below, refuse }: KeywordSite): Check {
  const check = below(contained);
  const count = (keyword: string, otherwise: number): number => {
    const limit = getKey(schema, keyword);
    if (limit === undefined) return otherwise;
    return typeof limit === "number" ? limit : refuse(`beside a number as "${keyword}"`);
  };
  const least = count("minContains", 1);
  const most = count("maxContains", Number.POSITIVE_INFINITY);
  return (value, path, run, evaluated) => {
    if (!isJsonArray(value)) return;
    let matches = 0;
    for (const [index, item] of value.entries()) {
      if (run.attempt(check, item, { segment: index, parent: path }, new Evaluated()).length > 0) continue;
      evaluated.items.add(index);
      matches += 1;
    }
    if (matches < least) run.fail(path, "contains", `should hold at least ${least} items that match, holds ${matches}`);
    if (matches > most) run.fail(path, "maxContains", `should hold at most ${most} items that match, holds ${matches}`);
  };
}
