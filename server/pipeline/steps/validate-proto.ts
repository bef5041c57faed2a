import type { Message } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { type Path, pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator, type Violation } from "@bufbuild/protovalidate";
import { invalidArgument } from "../refusal.ts";
import { type Step, step } from "../step.ts";
import { findValueFault, withoutValues } from "../value-limits.ts";

const VIOLATIONS_MAX = 20;

/** Compiled rules are kept by the validator, so there is one for the process. */
const validator = createValidator();

/** Checks the request against the rules in its proto, and the limits of free-form values; adds it as `valid`, which is what later steps take. */
export function validateProto<M extends Message>(
  schema: GenMessage<M>,
): Step<{ readonly input: M }, { readonly valid: M }> {
  return step("ValidateProto", ["INVALID_ARGUMENT"], ({ input }) => {
    validateMessage(schema, input);
    return { valid: input };
  });
}

/** The check of `validateProto`: throws INVALID_ARGUMENT with one violation a field. */
export function validateMessage<M extends Message>(schema: GenMessage<M>, message: M): void {
  const fault = findValueFault(schema, message);
  if (fault !== undefined) throw invalidArgument(fault.reason, `${fault.field}: ${fault.description}`, fault);
  const result = validator.validate(schema as never, withoutValues(schema, message) as never);
  if (result.kind === "error") throw result.error;
  if (result.kind === "valid") return;
  const violations = result.violations.slice(0, VIOLATIONS_MAX).map(describe);
  throw invalidArgument(
    "REQUEST_INVALID",
    violations.map(({ field, description }) => (field === "" ? description : `${field}: ${description}`)).join("; "),
    ...violations,
  );
}

/** One violation in words: the field's path as it is written in proto and JSON, and what it should be. */
function describe(violation: Violation): { readonly field: string; readonly description: string } {
  return {
    field: pathToString(violation.field as Path),
    description: violation.message === "" ? violation.ruleId : violation.message,
  };
}
