import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { invalidField } from "../../pipeline/refusal.ts";
import { type Step, step } from "../../pipeline/step.ts";
import type { DefinitionLoader } from "../ports.ts";
import { type Definition, definitionRefusal, readDefinition } from "./read-definition.ts";

/** A definition without errors. */
export type ValidDefinition = Definition & { readonly valid: NonNullable<Definition["valid"]> };

/** Reads and checks the definition; a faulty one is refused with its diagnostics. Adds it as `definition`. */
export function validateWorkflowSpec(
  load: DefinitionLoader,
): Step<{ readonly valid: Workflow }, { readonly definition: ValidDefinition }> {
  return step("ValidateWorkflowSpec", ["INVALID_ARGUMENT"], ({ valid: { spec } }) => {
    if (spec === undefined) throw invalidField("spec", "is missing, should have tasks or a definition");
    const definition = readDefinition(spec, load);
    if (definition.valid === undefined)
      throw definitionRefusal(definition, spec.definition === "" ? "spec.tasks" : "spec.definition");
    return { definition: definition as ValidDefinition };
  });
}
