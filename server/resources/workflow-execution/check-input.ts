import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import {
  compileSchema,
  SchemaCompileError,
  type SchemaValidator,
} from "@stigmer/core/lib/json-schema/compile-schema.ts";
import { invalidArgument } from "../../pipeline/refusal.ts";

const VIOLATIONS_MAX = 20;

/** Validators by definition, which is the same object while it is in use. */
const validators = new WeakMap<WorkflowDocument, SchemaValidator>();

/**
 * Refuses an input that does not fit the schema of the workflow (specification, section Input): whoever starts a run is told at once, field by field, rather than by a run that faults. A
 * schema that has to be fetched first is left to the run.
 */
export function checkInput(document: WorkflowDocument, input: Json): void {
  const schema = document.input?.schema;
  if (schema === undefined || schema.resource !== undefined) return;
  const errors = validatorOf(document, schema.document ?? {})(input);
  if (errors.length === 0) return;
  const violations = errors.slice(0, VIOLATIONS_MAX).map(({ pointer, message }) => ({
    field: `spec.input${pointer}`,
    description: message,
    reason: "INPUT_INVALID",
  }));
  const { namespace, name } = document.document;
  const what = violations.map(({ field, description }) => `${field} ${description}`).join("; ");
  throw invalidArgument("INPUT_INVALID", `Cannot start workflow "${namespace}/${name}": ${what}`, ...violations);
}

function validatorOf(document: WorkflowDocument, schema: Json): SchemaValidator {
  let validator = validators.get(document);
  if (validator === undefined) {
    validator = compiled(schema);
    validators.set(document, validator);
  }
  return validator;
}

/** A schema that cannot be used is a fault of the definition, which the run tells of. */
function compiled(schema: Json): SchemaValidator {
  try {
    return compileSchema(schema);
  } catch (error) {
    if (!(error instanceof SchemaCompileError)) throw error;
    return () => [];
  }
}
