import type { WorkflowInstance } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { invalidField } from "../../pipeline/refusal.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf, type StoredResource } from "../../pipeline/stored-resource.ts";

/** Refuses to move an instance to another workflow or scope: its runs and rights hang on them. Adds the organization it stays in as `org`. */
export const keepImmutableFields: Step<
  { readonly draft: WorkflowInstance; readonly existing: StoredResource<WorkflowInstance> },
  { readonly org: string }
> = step("KeepImmutableFields", ["INVALID_ARGUMENT"], ({ draft, existing: { row, resource } }) => {
  const before = resource.spec?.workflowId ?? "";
  const after = draft.spec?.workflowId ?? "";
  if (after !== before)
    throw invalidField("spec.workflow_id", `cannot be changed: it is "${before}", make a new instance for "${after}"`);
  const { ownerScope } = metadataOf(draft);
  if (ownerScope !== row.scope)
    throw invalidField("metadata.owner_scope", `cannot be changed: it is ${row.scope}, not ${ownerScope}`);
  return { org: row.org };
});
