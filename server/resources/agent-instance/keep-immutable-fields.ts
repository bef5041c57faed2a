import type { AgentInstance } from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { invalidField } from "../../pipeline/refusal.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf, type StoredResource } from "../../pipeline/stored-resource.ts";

/** Refuses to move an instance to another agent or scope: what it may use hangs on them. Adds the organization it stays in as `org`. */
export const keepImmutableFields: Step<
  { readonly draft: AgentInstance; readonly existing: StoredResource<AgentInstance> },
  { readonly org: string }
> = step("KeepImmutableFields", ["INVALID_ARGUMENT"], ({ draft, existing: { row, resource } }) => {
  const before = resource.spec?.agentId ?? "";
  const after = draft.spec?.agentId ?? "";
  if (after !== before)
    throw invalidField("spec.agent_id", `cannot be changed: it is "${before}", make a new instance for "${after}"`);
  const { ownerScope } = metadataOf(draft);
  if (ownerScope !== row.scope)
    throw invalidField("metadata.owner_scope", `cannot be changed: it is ${row.scope}, not ${ownerScope}`);
  return { org: row.org };
});
