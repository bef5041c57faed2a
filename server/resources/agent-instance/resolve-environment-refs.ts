import type { AgentInstance } from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { checkEnvironmentReferences } from "../environment-references.ts";
import type { ResourcePorts } from "../ports.ts";

/** Checks that every environment an instance refers to exists and may be used by it. */
export function resolveEnvironmentRefs(
  ports: ResourcePorts,
): Step<{ readonly draft: AgentInstance; readonly org: string }, { readonly refsResolved: true }> {
  return step("ResolveEnvironmentRefs", ["INVALID_ARGUMENT", "NOT_FOUND"], async ({ draft, org }, scope) => {
    await checkEnvironmentReferences(ports, draft.spec?.environmentRefs ?? [], org, "spec.environment_refs", scope);
    return { refsResolved: true };
  });
}
