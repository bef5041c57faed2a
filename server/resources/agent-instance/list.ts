import { create } from "@bufbuild/protobuf";
import {
  type ListAgentInstancesRequest,
  ListAgentInstancesRequestSchema,
  type ListAgentInstancesResponse,
  ListAgentInstancesResponseSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/agent_instance_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { loadPage } from "../load-page.ts";
import type { ResourcePorts } from "../ports.ts";
import { agentInstanceKind } from "./kind.ts";

/** Lists agent instances, newest first. */
export function listAgentInstances(
  ports: ResourcePorts,
): UnaryHandler<ListAgentInstancesRequest, ListAgentInstancesResponse> {
  return Pipeline.start<ListAgentInstancesRequest>("agent_instance.list")
    .step(authorize)
    .step(validateProto(ListAgentInstancesRequestSchema))
    .step(loadPage(agentInstanceKind, ({ agentId }: ListAgentInstancesRequest) => agentId))
    .reply(ports.environment, ({ page: { resources, nextPageToken } }) =>
      create(ListAgentInstancesResponseSchema, { agentInstances: [...resources], nextPageToken }),
    );
}
