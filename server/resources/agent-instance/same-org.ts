import type { Agent } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import type { AgentInstance } from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { invalidArgument } from "../../pipeline/refusal.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";

/** An org-scoped instance of an org-scoped agent belongs to the same organization. Checked on create and on update. */
export const validateSameOrg: Step<
  { readonly draft: AgentInstance; readonly agent: Agent; readonly org: string },
  { readonly sameOrg: true }
> = step("ValidateSameOrgBusinessRule", ["INVALID_ARGUMENT"], ({ draft, agent, org }) => {
  const parent = metadataOf(agent);
  const bothOrgScoped = [metadataOf(draft).ownerScope, parent.ownerScope].every(
    (scope) => scope === ApiResourceOwnerScope.organization,
  );
  if (!bothOrgScoped || parent.org === org) return { sameOrg: true };
  const message =
    "Cannot create instance of org-scoped agent in a different organization. " +
    `Agent belongs to org '${parent.org}', instance target is org '${org}'. Create a user-scoped instance instead.`;
  throw invalidArgument("ORGANIZATION_MISMATCH", message, {
    field: "metadata.org",
    description: `should be '${parent.org}'`,
  });
});
