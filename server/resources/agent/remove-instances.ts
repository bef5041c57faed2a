import { create } from "@bufbuild/protobuf";
import type { Agent } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { ListAgentInstancesRequestSchema } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/agent_instance_pb.ts";
import { FORCE_HEADER } from "../../pipeline/call-context.ts";
import { isSwitchedOn } from "../../pipeline/switch-header.ts";
import { inUse } from "../../pipeline/refusal.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf, type StoredResource } from "../../pipeline/stored-resource.ts";
import { withinUnit } from "../in-process-call.ts";
import { PAGE_SIZE_MAX } from "../page-of-resources.ts";
import type { ResourcePorts } from "../ports.ts";

/** Stages the removal of an agent's default instance, through the instance service. Other instances refuse the removal of the agent, unless it is forced; then they go too. */
export function removeInstances({
  clients,
}: ResourcePorts): Step<{ readonly existing: StoredResource<Agent> }, { readonly instancesRemoved: true }> {
  return step("RemoveInstances", ["FAILED_PRECONDITION"], async ({ existing: { row, resource } }, scope) => {
    const ids: string[] = [];
    let pageToken = "";
    do {
      const request = create(ListAgentInstancesRequestSchema, { agentId: row.id, pageSize: PAGE_SIZE_MAX, pageToken });
      const page = await clients.agentInstance.service.list(request, withinUnit(scope));
      ids.push(...page.agentInstances.map((instance) => metadataOf(instance).id));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    const others = ids.filter((id) => id !== resource.status?.defaultInstanceId);
    if (others.length > 0 && !isSwitchedOn(scope.call, FORCE_HEADER)) {
      throw inUse(
        `Cannot delete Agent "${row.id}": it has ${others.length} instances beside its default one, delete them first or delete with force`,
      );
    }
    for (const value of ids) await clients.agentInstance.command.delete({ value }, withinUnit(scope));
    return { instancesRemoved: true };
  });
}
