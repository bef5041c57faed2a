import type { Agent } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { type AgentId, AgentIdSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { loadTarget } from "../../pipeline/steps/load-target.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { agentKind } from "./kind.ts";

/** Gives an agent by its id. */
export function getAgent(ports: ResourcePorts): UnaryHandler<AgentId, Agent> {
  return Pipeline.start<AgentId>("agent.get")
    .step(authorize)
    .step(validateProto(AgentIdSchema))
    .step(loadTarget(agentKind))
    .reply(ports.environment, ({ stored }) => presentRow(agentKind, stored));
}
