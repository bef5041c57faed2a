import type { Agent } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { type AgentId, AgentIdSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { retryConflicts } from "../../pipeline/retry-conflicts.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { deleteResource } from "../../pipeline/steps/delete-resource.ts";
import { extractResourceId } from "../../pipeline/steps/extract-resource-id.ts";
import { loadExistingForDelete } from "../../pipeline/steps/load-existing-for-delete.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { childrenLock } from "../children-lock.ts";
import type { ResourcePorts } from "../ports.ts";
import { agentKind } from "./kind.ts";
import { removeInstances } from "./remove-instances.ts";

/** Deletes an agent with its default instance and returns it. */
export function deleteAgent(ports: ResourcePorts): UnaryHandler<AgentId, Agent> {
  const remove = Pipeline.start<AgentId>("agent.delete")
    .step(authorize)
    .step(validateProto(AgentIdSchema))
    .step(extractResourceId)
    .step(loadExistingForDelete(agentKind))
    .step(removeInstances(ports))
    .step(deleteResource(agentKind))
    .reply(ports.environment, ({ deleted }) => deleted);
  return (request, call) =>
    ports.environment.locks.run(childrenLock(agentKind.key, request.value), () =>
      retryConflicts(["version", "missing"], () => remove(request, call)),
    );
}
