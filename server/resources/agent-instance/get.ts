import type { AgentInstance } from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import {
  type AgentInstanceId,
  AgentInstanceIdSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { loadTarget } from "../../pipeline/steps/load-target.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { agentInstanceKind } from "./kind.ts";

/** Gives an agent instance by its id. */
export function getAgentInstance(ports: ResourcePorts): UnaryHandler<AgentInstanceId, AgentInstance> {
  return Pipeline.start<AgentInstanceId>("agent_instance.get")
    .step(authorize)
    .step(validateProto(AgentInstanceIdSchema))
    .step(loadTarget(agentInstanceKind))
    .reply(ports.environment, ({ stored }) => presentRow(agentInstanceKind, stored));
}
