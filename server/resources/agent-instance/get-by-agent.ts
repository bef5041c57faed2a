import { create } from "@bufbuild/protobuf";
import {
  type AgentInstanceList,
  AgentInstanceListSchema,
  type GetAgentInstancesByAgentRequest,
  GetAgentInstancesByAgentRequestSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import { step } from "../../pipeline/step.ts";
import { numberedPage } from "../page-of-resources.ts";
import type { ResourcePorts } from "../ports.ts";
import { agentInstanceKind } from "./kind.ts";

/** Lists the instances of an agent by page number, newest first; an unknown agent has none. */
export function getAgentInstancesByAgent(
  ports: ResourcePorts,
): UnaryHandler<GetAgentInstancesByAgentRequest, AgentInstanceList> {
  return Pipeline.start<GetAgentInstancesByAgentRequest>("agent_instance.getByAgent")
    .step(authorize)
    .step(validateProto(GetAgentInstancesByAgentRequestSchema))
    .step(loadByAgent)
    .reply(ports.environment, ({ rows, totalCount }) =>
      create(AgentInstanceListSchema, { totalCount, items: rows.map((row) => presentRow(agentInstanceKind, row)) }),
    );
}

const loadByAgent = step(
  "LoadByAgent",
  ["INVALID_ARGUMENT"],
  ({ valid }: { readonly valid: GetAgentInstancesByAgentRequest }, { environment }) =>
    numberedPage(environment, agentInstanceKind.key, valid.agentId, valid.pageInfo),
);
