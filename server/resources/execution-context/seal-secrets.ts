import type { ExecutionContext } from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/api_pb.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf, type StoredResource } from "../../pipeline/stored-resource.ts";
import { sealVariables } from "../sealed-values.ts";
import type { SecretBox } from "../secret-box.ts";

/** Seals the secrets of an execution context; one that is sent redacted keeps the value it has. */
export function sealSecrets(
  box: SecretBox,
): Step<{ readonly state: ExecutionContext; readonly existing?: StoredResource<ExecutionContext> }, object> {
  return step("SealSecrets", ["INVALID_ARGUMENT"], ({ state, existing }) => {
    sealVariables(state.spec?.data ?? {}, metadataOf(state).id, box, "spec.data", existing?.resource.spec?.data);
    return {};
  });
}
