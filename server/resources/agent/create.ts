import { type Agent, AgentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { buildNewState } from "../../pipeline/steps/build-new-state.ts";
import { checkDuplicate } from "../../pipeline/steps/check-duplicate.ts";
import { announce, persist } from "../../pipeline/steps/persist.ts";
import { resolveSlug } from "../../pipeline/steps/resolve-slug.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { createDefaultInstance } from "./create-default-instance.ts";
import { agentKind } from "./kind.ts";
import { sealDeclaredSecrets } from "./seal-declared-secrets.ts";
import { validateAgentSpec } from "./validate-agent-spec.ts";

/** Creates an agent with its default instance: both or neither, also over a crash. */
export function createAgent(ports: ResourcePorts): UnaryHandler<Agent, Agent> {
  return Pipeline.start<Agent>("agent.create")
    .step(authorize)
    .step(validateProto(AgentSchema))
    .step(validateAgentSpec)
    .step(resolveSlug(agentKind))
    .step(checkDuplicate(agentKind))
    .step(buildNewState(agentKind))
    .step(sealDeclaredSecrets(ports.secrets))
    .step(announce(agentKind))
    .step(createDefaultInstance(ports))
    .step(persist(agentKind))
    .reply(ports.environment, ({ stored }) => presentRow(agentKind, stored));
}
