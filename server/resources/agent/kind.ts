import { create } from "@bufbuild/protobuf";
import { type Agent, AgentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { AgentStatusSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/status_pb.ts";
import { ApiResourceKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { resourceKind } from "../../pipeline/resource-kind.ts";
import { redactVariables } from "../sealed-values.ts";

/** Agents: stored and checked, not run. */
export const agentKind = resourceKind<Agent>(ApiResourceKind.agent, AgentSchema, () => create(AgentStatusSchema), {
  present: (agent) => {
    redactVariables(agent.spec?.envSpec?.data ?? {});
    return agent;
  },
});
