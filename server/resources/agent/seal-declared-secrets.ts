import type { Agent } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf, type StoredResource } from "../../pipeline/stored-resource.ts";
import { sealVariables } from "../sealed-values.ts";
import type { SecretBox } from "../secret-box.ts";

/** Seals the defaults of the secrets that an agent declares. */
export function sealDeclaredSecrets(
  box: SecretBox,
): Step<{ readonly state: Agent; readonly existing?: StoredResource<Agent> }, object> {
  return step("SealDeclaredSecrets", ["INVALID_ARGUMENT"], ({ state, existing }) => {
    const variables = state.spec?.envSpec?.data;
    if (variables !== undefined) {
      sealVariables(variables, metadataOf(state).id, box, "spec.env_spec.data", existing?.resource.spec?.envSpec?.data);
    }
    return {};
  });
}
