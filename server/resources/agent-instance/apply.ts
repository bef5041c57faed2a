import type { AgentInstance } from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { applyOf } from "../../pipeline/apply.ts";
import type { UnaryHandler } from "../../pipeline/pipeline.ts";
import type { ResourcePorts } from "../ports.ts";
import { createAgentInstance } from "./create.ts";
import { agentInstanceKind } from "./kind.ts";
import { updateAgentInstance } from "./update.ts";

/** Creates the agent instance, or updates the one with its slug. */
export function applyAgentInstance(ports: ResourcePorts): UnaryHandler<AgentInstance, AgentInstance> {
  return applyOf(ports.environment, agentInstanceKind, {
    create: createAgentInstance(ports),
    update: updateAgentInstance(ports),
  });
}
