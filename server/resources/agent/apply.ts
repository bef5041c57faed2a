import type { Agent } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { applyOf } from "../../pipeline/apply.ts";
import type { UnaryHandler } from "../../pipeline/pipeline.ts";
import type { ResourcePorts } from "../ports.ts";
import { createAgent } from "./create.ts";
import { agentKind } from "./kind.ts";
import { updateAgent } from "./update.ts";

/** Creates the agent, or updates the one with its slug. */
export function applyAgent(ports: ResourcePorts): UnaryHandler<Agent, Agent> {
  return applyOf(ports.environment, agentKind, { create: createAgent(ports), update: updateAgent(ports) });
}
