import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf, type StoredResource } from "../../pipeline/stored-resource.ts";
import { sealVariables } from "../sealed-values.ts";
import type { SecretBox } from "../secret-box.ts";

/** Seals the defaults of the secrets that a workflow declares. */
export function sealDeclaredSecrets(
  box: SecretBox,
): Step<{ readonly state: Workflow; readonly existing?: StoredResource<Workflow> }, object> {
  return step("SealDeclaredSecrets", ["INVALID_ARGUMENT"], ({ state, existing }) => {
    const variables = state.spec?.envSpec?.data;
    if (variables !== undefined) {
      sealVariables(variables, metadataOf(state).id, box, "spec.env_spec.data", existing?.resource.spec?.envSpec?.data);
    }
    return {};
  });
}
