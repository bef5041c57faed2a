import { type Json, getKey, isJsonArray, isJsonObject } from "../json.ts";
import { nameList } from "./assertions.ts";
import { type Check, type DynamicScope, Evaluated } from "./evaluation.ts";
import type { SchemaPlace } from "./resources.ts";
import type { KeywordCompiler, KeywordSite } from "./schema-compiler.ts";
import type { SchemaError } from "./schema-error.ts";

/** The keywords that apply further schemas to the same value. */
export const inPlaceApplicators: ReadonlyMap<string, KeywordCompiler> = new Map(
  Object.entries({
    $ref: compileReference,
    $dynamicRef: compileDynamicReference,
    allOf: compileAllOf,
    anyOf: compileAnyOf,
    oneOf: compileOneOf,
    not: compileNot,
    if: compileIf,
    dependentSchemas: compileDependentSchemas,
    dependencies: compileDependencies,
  }),
);

function compileReference({ value: reference, place, compiler, refuse }: KeywordSite): Check {
  if (typeof reference !== "string") return refuse("a URI reference");
  return compiler.compile(compiler.resources.find(reference, place));
}

/**
 * `$dynamicRef`: as `$ref`, but where it leads to a `$dynamicAnchor`, the outermost resource entered so far that has this anchor decides.
 * Resources are known before compilation, so every candidate can be compiled when it is first met.
 */
function compileDynamicReference({ value: reference, place, compiler, refuse }: KeywordSite): Check {
  if (typeof reference !== "string") return refuse("a URI reference");
  const target = compiler.resources.find(reference, place);
  const plain = compiler.compile(target);
  const anchor = isJsonObject(target.schema) ? getKey(target.schema, "$dynamicAnchor") : undefined;
  if (typeof anchor !== "string" || !reference.endsWith(`#${anchor}`)) return plain;
  return (value, path, run, evaluated) => {
    const outermost = outermostAnchor(run.scope, anchor);
    const check = outermost === undefined ? plain : compiler.compile(outermost);
    check(value, path, run, evaluated);
  };
}

function outermostAnchor(scope: DynamicScope | undefined, anchor: string): SchemaPlace | undefined {
  let found: SchemaPlace | undefined;
  for (let at = scope; at !== undefined; at = at.outer) found = at.resource.dynamicAnchors.get(anchor) ?? found;
  return found;
}

function schemaList({ value: schemas, below, refuse }: KeywordSite): readonly Check[] {
  if (!isJsonArray(schemas) || schemas.length === 0) return refuse("a list of schemas that is not empty");
  return schemas.map((schema, index) => below(schema, index));
}

function compileAllOf(site: KeywordSite): Check {
  const checks = schemaList(site);
  return (value, path, run, evaluated) => {
    for (const check of checks) check(value, path, run, evaluated);
  };
}

function compileAnyOf(site: KeywordSite): Check {
  const checks = schemaList(site);
  return (value, path, run, evaluated) => {
    const attempts = checks.map((check) => run.attempt(check, value, path, evaluated));
    if (attempts.every((errors) => errors.length > 0)) {
      run.fail(path, "anyOf", `should match at least one of ${checks.length} alternatives${nearest(attempts)}`);
    }
  };
}

function compileOneOf(site: KeywordSite): Check {
  const checks = schemaList(site);
  return (value, path, run, evaluated) => {
    const attempts: (readonly SchemaError[])[] = [];
    const matches: number[] = [];
    const seen = new Evaluated();
    for (const [index, check] of checks.entries()) {
      const errors = run.attempt(check, value, path, seen);
      attempts.push(errors);
      if (errors.length === 0) matches.push(index);
    }
    if (matches.length === 1) evaluated.merge(seen);
    else if (matches.length > 1) {
      run.fail(path, "oneOf", `should match exactly one of ${checks.length} alternatives, matches ${matches.length}`);
    } else {
      run.fail(path, "oneOf", `should match exactly one of ${checks.length} alternatives${nearest(attempts)}`);
    }
  };
}

/** The complaint of the alternative that came nearest: the one whose first error lies deepest, fewest errors first. */
function nearest(attempts: readonly (readonly SchemaError[])[]): string {
  const depth = (errors: readonly SchemaError[]): number => errors[0]?.pointer.split("/").length ?? 0;
  const best = attempts.toSorted((left, right) => depth(right) - depth(left) || left.length - right.length)[0]?.[0];
  return best === undefined
    ? ""
    : ` (nearest: ${best.pointer === "" ? "it" : best.pointer} ${best.message})`.slice(0, 300);
}

function compileNot({ value: schema, below }: KeywordSite): Check {
  const check = below(schema);
  return (value, path, run) => {
    if (run.attempt(check, value, path, new Evaluated()).length === 0)
      run.fail(path, "not", "should not match this schema");
  };
}

function compileIf(site: KeywordSite): Check {
  const condition = site.below(site.value);
  const branch = (keyword: string): Check | undefined => {
    const schema = getKey(site.schema, keyword);
    return schema === undefined ? undefined : site.beside(schema, keyword);
  };
  const whenTrue = branch("then");
  const whenFalse = branch("else");
  return (value, path, run, evaluated) => {
    const holds = run.attempt(condition, value, path, evaluated).length === 0;
    (holds ? whenTrue : whenFalse)?.(value, path, run, evaluated);
  };
}

function whenPresent(checks: readonly (readonly [string, Check])[]): Check {
  return (value, path, run, evaluated) => {
    if (!isJsonObject(value)) return;
    for (const [name, check] of checks) if (Object.hasOwn(value, name)) check(value, path, run, evaluated);
  };
}

function compileDependentSchemas({ value: schemas, below, refuse }: KeywordSite): Check {
  if (!isJsonObject(schemas)) return refuse("an object of schemas");
  return whenPresent(Object.entries(schemas).map(([name, schema]) => [name, below(schema, name)] as const));
}

/** `dependencies` of the older drafts: a list of names or a schema for each name. */
function compileDependencies({ value: dependencies, below, refuse }: KeywordSite): Check {
  if (!isJsonObject(dependencies)) return refuse("an object of schemas or lists of names");
  const check = ([name, dependency]: [string, Json]): readonly [string, Check] => {
    if (!isJsonArray(dependency)) return [name, below(dependency, name)];
    const needed = nameList(dependency) ?? refuse("an object of schemas or lists of names");
    return [name, requires(name, needed)];
  };
  return whenPresent(Object.entries(dependencies).map(check));
}

function requires(name: string, needed: readonly string[]): Check {
  return (value, path, run) => {
    for (const missing of needed.filter((candidate) => isJsonObject(value) && !Object.hasOwn(value, candidate))) {
      run.fail(path, "dependencies", `should have the property "${missing}" beside "${name}"`);
    }
  };
}
