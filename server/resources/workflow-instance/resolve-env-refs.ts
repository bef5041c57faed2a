import type { WorkflowInstance } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { checkEnvironmentReferences } from "../environment-references.ts";
import type { ResourcePorts } from "../ports.ts";

/** Checks that every environment an instance refers to exists and may be used by it. */
export function resolveEnvRefs(
  ports: ResourcePorts,
): Step<{ readonly draft: WorkflowInstance; readonly org: string }, { readonly envRefsResolved: true }> {
  return step("ResolveEnvRefs", ["INVALID_ARGUMENT", "NOT_FOUND"], async ({ draft, org }, scope) => {
    await checkEnvironmentReferences(ports, draft.spec?.envRefs ?? [], org, "spec.env_refs", scope);
    return { envRefsResolved: true };
  });
}
