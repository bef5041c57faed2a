import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import type { WorkflowInstance } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { invalidArgument } from "../../pipeline/refusal.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";

/** An org-scoped instance of an org-scoped workflow belongs to the same organization. Checked on create and on update. */
export const validateSameOrg: Step<
  { readonly draft: WorkflowInstance; readonly workflow: Workflow; readonly org: string },
  { readonly sameOrg: true }
> = step("ValidateSameOrgBusinessRule", ["INVALID_ARGUMENT"], ({ draft, workflow, org }) => {
  const parent = metadataOf(workflow);
  const bothOrgScoped = [metadataOf(draft).ownerScope, parent.ownerScope].every(
    (scope) => scope === ApiResourceOwnerScope.organization,
  );
  if (!bothOrgScoped || parent.org === org) return { sameOrg: true };
  const message =
    "Cannot create instance of org-scoped workflow in a different organization. " +
    `Workflow belongs to org '${parent.org}', instance target is org '${org}'. Create a user-scoped instance instead.`;
  throw invalidArgument("ORGANIZATION_MISMATCH", message, {
    field: "metadata.org",
    description: `should be '${parent.org}'`,
  });
});
