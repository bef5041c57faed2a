import type { Json, JsonObject } from "../json.ts";
import { isJsonObject } from "../json.ts";
import { childPointer } from "../json-pointer.ts";
import { assertions } from "./assertions.ts";
import { type Check, Evaluated } from "./evaluation.ts";
import { childApplicators } from "./child-applicators.ts";
import { inPlaceApplicators } from "./in-place-applicators.ts";
import type { SchemaPlace, SchemaResources } from "./resources.ts";
import { SchemaCompileError } from "./schema-error.ts";
import { unevaluated } from "./unevaluated.ts";

/** Makes the check of one keyword, or nothing where the keyword can do nothing here. */
export type KeywordCompiler = (site: KeywordSite) => Check | undefined;

/** A keyword about to be compiled: its value, the schema object it stands in, and the ways to go on from there. */
export interface KeywordSite {
  readonly keyword: string;
  readonly value: Json;
  readonly schema: JsonObject;
  readonly place: SchemaPlace;
  readonly compiler: SchemaCompiler;
  /** Compiles a subschema below this keyword. */
  readonly below: (schema: Json, ...segments: readonly (string | number)[]) => Check;
  /** Compiles a subschema that another keyword of the same schema object holds. */
  readonly beside: (schema: Json, keyword: string) => Check;
  /** Refuses the keyword's value. */
  readonly refuse: (expected: string) => never;
}

/** Whether `format` rejects values or only describes them. */
export type FormatMode = "assert" | "annotate";

const DEPTH_MAX = 128;

/** Compiles places of one set of schema resources to closures, each place once. */
export class SchemaCompiler {
  readonly resources: SchemaResources;
  readonly formats: FormatMode;
  readonly #compiled = new Map<Json, Map<string, Check>>();
  #depth = 0;

  constructor(resources: SchemaResources, formats: FormatMode) {
    this.resources = resources;
    this.formats = formats;
  }

  /** The check of a place; recursive schemas get the check that is being compiled. */
  compile(place: SchemaPlace): Check {
    const { schema } = place;
    if (schema === true) return () => undefined;
    if (schema === false) return (_value, path, run) => run.fail(path, "false", "should not be here");
    if (!isJsonObject(schema)) {
      throw new SchemaCompileError("Cannot use the schema: it should be an object or a boolean", place.pointer);
    }
    const known = this.#compiled.get(schema)?.get(place.resource.uri);
    if (known !== undefined) return known;
    return this.#compileObject(schema, place);
  }

  #compileObject(schema: JsonObject, place: SchemaPlace): Check {
    if (this.#depth > DEPTH_MAX)
      throw new SchemaCompileError("Cannot use the schema: it is nested too deeply", place.pointer);
    // The check is known before its keywords are compiled, so that a schema may refer to itself.
    const checks: Check[] = [];
    const check = schemaCheck(checks, place);
    const byResource = this.#compiled.get(schema) ?? new Map<string, Check>();
    this.#compiled.set(schema, byResource.set(place.resource.uri, check));
    this.#depth += 1;
    checks.push(...this.#keywordChecks(schema, place));
    this.#depth -= 1;
    return check;
  }

  #keywordChecks(schema: JsonObject, place: SchemaPlace): readonly Check[] {
    const onlyReference = place.resource.legacy && Object.hasOwn(schema, "$ref");
    const checks: Check[] = [];
    for (const family of [inPlaceApplicators, assertions, childApplicators, unevaluated]) {
      for (const [keyword, compileKeyword] of family) {
        if (!Object.hasOwn(schema, keyword) || (onlyReference && keyword !== "$ref")) continue;
        const check = compileKeyword(this.#site(keyword, schema, place));
        if (check !== undefined) checks.push(check);
      }
    }
    return checks;
  }

  #site(keyword: string, schema: JsonObject, place: SchemaPlace): KeywordSite {
    const value = schema[keyword] as Json;
    const pointer = childPointer(place.pointer, keyword);
    return {
      keyword,
      value,
      schema,
      place,
      compiler: this,
      below: (subschema, ...segments) => {
        const at = segments.reduce<string>(childPointer, pointer);
        return this.compile(this.#placeBelow(subschema, place, at));
      },
      beside: (subschema, other) =>
        this.compile(this.#placeBelow(subschema, place, childPointer(place.pointer, other))),
      refuse: (expected) => {
        throw new SchemaCompileError(
          `Cannot use the schema keyword "${keyword}": its value should be ${expected}`,
          pointer,
        );
      },
    };
  }

  /** A subschema with an identifier of its own belongs to its own resource. */
  #placeBelow(schema: Json, parent: SchemaPlace, pointer: string): SchemaPlace {
    const id = isJsonObject(schema) && Object.hasOwn(schema, "$id") ? schema["$id"] : undefined;
    if (
      typeof id === "string" &&
      !id.startsWith("#") &&
      !(parent.resource.legacy && Object.hasOwn(schema as JsonObject, "$ref"))
    ) {
      const { resource } = this.resources.find(id, parent);
      return { schema, resource, pointer };
    }
    return { schema, resource: parent.resource, pointer };
  }
}

/** Runs the keywords of one schema object with a record of its own, which its surroundings get if the value matches. */
function schemaCheck(checks: readonly Check[], place: SchemaPlace): Check {
  const { resource } = place;
  return (value, path, run, evaluated) => {
    run.enter();
    const outer = run.scope;
    if (outer?.resource !== resource) run.scope = { resource, outer };
    const own = new Evaluated();
    const before = run.failures;
    for (const check of checks) check(value, path, run, own);
    if (run.failures === before) evaluated.merge(own);
    run.scope = outer;
    run.leave();
  };
}
