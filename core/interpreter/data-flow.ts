import { parseText } from "../dsl/parse/parse-text.ts";
import type { Json } from "../lib/json.ts";
import {
  SchemaCompileError,
  type SchemaError,
  type SchemaValidator,
  compileSchema,
} from "../lib/json-schema/compile-schema.ts";
import type { SchemaSource } from "../tasks/schema-source.ts";
import { taskFault } from "../tasks/task-fault.ts";
import type { CompiledTransformations } from "../tasks/task-type.ts";
import { type EvaluationPlace, evaluate, sites } from "./arguments.ts";
import type { TaskFrame } from "./run-state.ts";
import type { Turn } from "./turn.ts";

/*
 * Data flow around a task in the specification's order (section Data Flow): input.schema on the raw input, input.from; the task; output.as on the raw output, output.schema on the transformed
 * one, export.as on the transformed one, export.schema on the new context, which only then becomes `$context`.
 */

/** Validates and transforms the raw input of a task; gives the transformed one. */
export function transformInput(turn: Turn, transformations: CompiledTransformations, frame: TaskFrame): Json {
  const { inputSchema, inputFrom } = transformations;
  if (inputSchema !== undefined) validate(turn, inputSchema, frame.raw, "input");
  return inputFrom === undefined ? frame.raw : evaluate(turn, inputFrom, frame.raw, { site: sites.taskInput, frame });
}

/** Transforms, validates and exports the raw output of a task (or of an iterator's item); gives the transformed one. `$context` is replaced when the export is valid. */
export function transformOutput(
  turn: Turn,
  transformations: CompiledTransformations,
  raw: Json,
  place: Omit<EvaluationPlace, "site">,
): Json {
  const { outputAs, outputSchema, exportAs, exportSchema } = transformations;
  const output = outputAs === undefined ? raw : evaluate(turn, outputAs, raw, { ...place, site: sites.definition });
  if (outputSchema !== undefined) validate(turn, outputSchema, output, "output");
  if (exportAs === undefined && exportSchema === undefined) return output;
  const context =
    exportAs === undefined
      ? turn.state.context
      : evaluate(turn, exportAs, output, { ...place, site: sites.export, output });
  if (exportSchema !== undefined) validate(turn, exportSchema, context, "exported context");
  turn.state.context = context;
  return output;
}

/** Validates a value; what does not match is a validation fault that tells in which ways. */
export function validate(turn: Turn, schema: SchemaSource, value: Json, what: string): void {
  const errors = validatorOf(turn, schema)(value);
  if (errors.length === 0) return;
  const ways = errors.slice(0, 5).map(({ pointer, message }) => `${pointer === "" ? "it" : `"${pointer}"`} ${message}`);
  throw taskFault("validation", `Invalid ${what}`, `Cannot accept the ${what}: ${ways.join("; ")}`, {
    errors: errors.slice(0, 20).map(({ pointer, keyword, message }: SchemaError) => ({ pointer, keyword, message })),
  });
}

/** Validators of fetched schemas by their content, which is the same object as long as the state stays in memory. */
const compiled = new WeakMap<object, SchemaValidator>();

function validatorOf(turn: Turn, schema: SchemaSource): SchemaValidator {
  if ("validate" in schema) return schema.validate;
  const content = turn.state.resources[schema.pointer];
  if (content === undefined)
    throw new Error(`assertion: the schema at ${schema.pointer} was fetched before it is used`);
  const known = typeof content === "object" && content !== null ? compiled.get(content) : undefined;
  if (known !== undefined) return known;
  try {
    const validator = compileSchema(typeof content === "string" ? (parseText(content).value ?? false) : content);
    if (typeof content === "object" && content !== null) compiled.set(content, validator);
    return validator;
  } catch (error) {
    if (!(error instanceof SchemaCompileError)) throw error;
    throw taskFault(
      "configuration",
      "Invalid schema",
      `Cannot use the schema fetched for ${schema.pointer}: ${error.message}`,
    );
  }
}

/** Schemas of a task (or the workflow) that must be fetched before it can begin. */
export function missingSchemas(
  turn: Turn,
  sources: readonly (SchemaSource | undefined)[],
): readonly (SchemaSource & { readonly pointer: string })[] {
  return sources.filter(
    (source): source is SchemaSource & { readonly pointer: string } =>
      source !== undefined && "resource" in source && !Object.hasOwn(turn.state.resources, source.pointer),
  );
}
