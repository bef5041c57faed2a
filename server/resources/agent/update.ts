import { type Agent, AgentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { serialised } from "../../pipeline/serialised.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { buildUpdateState } from "../../pipeline/steps/build-update-state.ts";
import { loadExisting } from "../../pipeline/steps/load-existing.ts";
import { persist } from "../../pipeline/steps/persist.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { agentKind } from "./kind.ts";
import { sealDeclaredSecrets } from "./seal-declared-secrets.ts";
import { validateAgentSpec } from "./validate-agent-spec.ts";

/** Replaces metadata and spec of an agent. */
export function updateAgent(ports: ResourcePorts): UnaryHandler<Agent, Agent> {
  const update = Pipeline.start<Agent>("agent.update")
    .step(authorize)
    .step(validateProto(AgentSchema))
    .step(validateAgentSpec)
    .step(loadExisting(agentKind))
    .step(buildUpdateState(agentKind))
    .step(sealDeclaredSecrets(ports.secrets))
    .step(persist(agentKind))
    .reply(ports.environment, ({ stored }) => presentRow(agentKind, stored));
  return serialised(ports.environment, agentKind, update);
}
