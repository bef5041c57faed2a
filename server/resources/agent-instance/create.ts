import {
  type AgentInstance,
  AgentInstanceSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { buildNewState } from "../../pipeline/steps/build-new-state.ts";
import { checkDuplicate } from "../../pipeline/steps/check-duplicate.ts";
import { persist } from "../../pipeline/steps/persist.ts";
import { resolveSlug } from "../../pipeline/steps/resolve-slug.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import { childrenLock } from "../children-lock.ts";
import type { ResourcePorts } from "../ports.ts";
import { agentInstanceKind } from "./kind.ts";
import { loadParentAgent } from "./load-parent-agent.ts";
import { resolveEnvironmentRefs } from "./resolve-environment-refs.ts";
import { validateSameOrg } from "./same-org.ts";

/** Creates an instance of an agent that exists, in an organization that may have it. */
export function createAgentInstance(ports: ResourcePorts): UnaryHandler<AgentInstance, AgentInstance> {
  const create = Pipeline.start<AgentInstance>("agent_instance.create")
    .step(authorize)
    .step(validateProto(AgentInstanceSchema))
    .step(resolveSlug(agentInstanceKind))
    .step(loadParentAgent(ports))
    .step(validateSameOrg)
    .step(resolveEnvironmentRefs(ports))
    .step(checkDuplicate(agentInstanceKind))
    .step(buildNewState(agentInstanceKind))
    .step(persist(agentInstanceKind))
    .reply(ports.environment, ({ stored }) => presentRow(agentInstanceKind, stored));
  return (request, call) =>
    ports.environment.locks.run(childrenLock("agent", request.spec?.agentId ?? ""), () => create(request, call));
}
