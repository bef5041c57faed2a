import { create } from "@bufbuild/protobuf";
import type { Agent } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { AgentStatusSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/status_pb.ts";
import { AgentInstanceSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import { defaultInstanceMetadata, DEFAULT_INSTANCE_DESCRIPTION } from "../default-instance.ts";
import { withinUnit } from "../in-process-call.ts";
import type { ResourcePorts } from "../ports.ts";

/**
 * Creates the instance without configuration that uses of the agent take by default, through the instance service and in the same unit of work, and names it in the status: both are
 * stored by one commit, or neither is.
 */
export function createDefaultInstance({
  clients,
}: Pick<ResourcePorts, "clients">): Step<{ readonly state: Agent }, object> {
  return step("CreateDefaultInstance", ["ALREADY_EXISTS"], async ({ state }, scope) => {
    const instance = await clients.agentInstance.command.create(
      create(AgentInstanceSchema, {
        apiVersion: state.apiVersion,
        kind: "AgentInstance",
        metadata: defaultInstanceMetadata(metadataOf(state)),
        spec: { agentId: metadataOf(state).id, description: DEFAULT_INSTANCE_DESCRIPTION },
      }),
      withinUnit(scope),
    );
    state.status ??= create(AgentStatusSchema);
    state.status.defaultInstanceId = metadataOf(instance).id;
    return {};
  });
}
