import type { Json } from "../json.ts";
import { Evaluated, Evaluation, SchemaLimitError } from "./evaluation.ts";
import { SchemaResources, type SchemaResolver } from "./resources.ts";
import { type FormatMode, SchemaCompiler } from "./schema-compiler.ts";
import type { SchemaError } from "./schema-error.ts";

export { SchemaCompileError, type SchemaError } from "./schema-error.ts";
export type { SchemaResolver } from "./resources.ts";

/** What a schema is compiled against. */
export interface CompileSchemaOptions {
  /** Documents that `$ref` may lead to, by absolute URI without fragment. Without it, only references inside the schema work. */
  readonly resolve?: SchemaResolver;
  /** Where the schema was found: the base of its relative references. */
  readonly uri?: string;
  /** Whether `format` rejects values (the default here) or only describes them. */
  readonly formats?: FormatMode;
}

/** Tells in which ways a value does not match; none means that it does. At most 50 ways are told. */
export type SchemaValidator = (value: Json) => readonly SchemaError[];

/**
 * Compiles a JSON Schema (2020-12; the vocabulary of draft-07 is understood too, by its `$schema` or where it does not clash) to closures, without code generation.
 * Throws SchemaCompileError for a schema that cannot be used. Validation never throws, and ends in an error where the schema would make it endless.
 *
 * @example compileSchema({ type: "object", required: ["id"] })({}) // [{ pointer: "", keyword: "required", message: 'should have the property "id"' }]
 */
export function compileSchema(schema: Json, options: CompileSchemaOptions = {}): SchemaValidator {
  const resources = new SchemaResources(options.resolve ?? (() => undefined));
  const check = new SchemaCompiler(resources, options.formats ?? "assert").compile(
    resources.add(schema, options.uri ?? ""),
  );
  return (value) => {
    const run = new Evaluation();
    try {
      check(value, undefined, run, new Evaluated());
    } catch (error) {
      if (!(error instanceof SchemaLimitError)) throw error;
      run.fail(undefined, "limit", `cannot be validated: ${error.message}`);
    }
    return run.errors;
  };
}
