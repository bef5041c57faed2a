import {
  type AgentInstance,
  AgentInstanceSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { serialised } from "../../pipeline/serialised.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { buildUpdateState } from "../../pipeline/steps/build-update-state.ts";
import { loadExisting } from "../../pipeline/steps/load-existing.ts";
import { persist } from "../../pipeline/steps/persist.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { keepImmutableFields } from "./keep-immutable-fields.ts";
import { agentInstanceKind } from "./kind.ts";
import { loadParentAgent } from "./load-parent-agent.ts";
import { resolveEnvironmentRefs } from "./resolve-environment-refs.ts";
import { validateSameOrg } from "./same-org.ts";

/** Replaces metadata and spec of an instance; its agent, scope and id stay. */
export function updateAgentInstance(ports: ResourcePorts): UnaryHandler<AgentInstance, AgentInstance> {
  const update = Pipeline.start<AgentInstance>("agent_instance.update")
    .step(authorize)
    .step(validateProto(AgentInstanceSchema))
    .step(loadExisting(agentInstanceKind))
    .step(keepImmutableFields)
    .step(loadParentAgent(ports))
    .step(validateSameOrg)
    .step(resolveEnvironmentRefs(ports))
    .step(buildUpdateState(agentInstanceKind))
    .step(persist(agentInstanceKind))
    .reply(ports.environment, ({ stored }) => presentRow(agentInstanceKind, stored));
  return serialised(ports.environment, agentInstanceKind, update);
}
