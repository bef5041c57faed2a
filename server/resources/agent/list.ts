import { create } from "@bufbuild/protobuf";
import {
  type ListAgentsRequest,
  ListAgentsRequestSchema,
  type ListAgentsResponse,
  ListAgentsResponseSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/agent_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { loadPage } from "../load-page.ts";
import type { ResourcePorts } from "../ports.ts";
import { agentKind } from "./kind.ts";

/** Lists agents, newest first. */
export function listAgents(ports: ResourcePorts): UnaryHandler<ListAgentsRequest, ListAgentsResponse> {
  return Pipeline.start<ListAgentsRequest>("agent.list")
    .step(authorize)
    .step(validateProto(ListAgentsRequestSchema))
    .step(loadPage(agentKind))
    .reply(ports.environment, ({ page: { resources, nextPageToken } }) =>
      create(ListAgentsResponseSchema, { agents: [...resources], nextPageToken }),
    );
}
