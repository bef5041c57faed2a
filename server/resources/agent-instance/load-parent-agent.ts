import type { Agent } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import type { AgentInstance } from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { invalidField, notFound } from "../../pipeline/refusal.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import { isNotFound, withinUnit } from "../in-process-call.ts";
import type { ResourcePorts } from "../ports.ts";

/** Loads the agent of an instance through the agent service, and has the commit check that it is still there. Adds it as `agent`. */
export function loadParentAgent({
  clients,
}: ResourcePorts): Step<{ readonly draft: AgentInstance }, { readonly agent: Agent }> {
  return step("LoadParentAgent", ["NOT_FOUND"], async ({ draft }, scope) => {
    const value = draft.spec?.agentId ?? "";
    if (value === "") throw invalidField("spec.agent_id", "is empty, should be the id of an agent");
    try {
      const agent = await clients.agent.query.get({ value }, withinUnit(scope));
      scope.unit.require("agent", metadataOf(agent).id);
      return { agent };
    } catch (error) {
      throw isNotFound(error) ? notFound("Agent", value) : error;
    }
  });
}
