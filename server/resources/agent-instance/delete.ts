import type { AgentInstance } from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import {
  type AgentInstanceId,
  AgentInstanceIdSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { retryConflicts } from "../../pipeline/retry-conflicts.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { deleteResource } from "../../pipeline/steps/delete-resource.ts";
import { extractResourceId } from "../../pipeline/steps/extract-resource-id.ts";
import { loadExistingForDelete } from "../../pipeline/steps/load-existing-for-delete.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import type { ResourcePorts } from "../ports.ts";
import { agentInstanceKind } from "./kind.ts";

/** Deletes an agent instance and returns it. */
export function deleteAgentInstance(ports: ResourcePorts): UnaryHandler<AgentInstanceId, AgentInstance> {
  const remove = Pipeline.start<AgentInstanceId>("agent_instance.delete")
    .step(authorize)
    .step(validateProto(AgentInstanceIdSchema))
    .step(extractResourceId)
    .step(loadExistingForDelete(agentInstanceKind))
    .step(deleteResource(agentInstanceKind))
    .reply(ports.environment, ({ deleted }) => deleted);
  return (request, call) => retryConflicts(["version"], () => remove(request, call));
}
