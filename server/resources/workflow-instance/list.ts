import { create } from "@bufbuild/protobuf";
import {
  type ListWorkflowInstancesRequest,
  ListWorkflowInstancesRequestSchema,
  type ListWorkflowInstancesResponse,
  ListWorkflowInstancesResponseSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_instance_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { loadPage } from "../load-page.ts";
import type { ResourcePorts } from "../ports.ts";
import { workflowInstanceKind } from "./kind.ts";

/** Lists workflow instances, newest first. */
export function listWorkflowInstances(
  ports: ResourcePorts,
): UnaryHandler<ListWorkflowInstancesRequest, ListWorkflowInstancesResponse> {
  return Pipeline.start<ListWorkflowInstancesRequest>("workflow_instance.list")
    .step(authorize)
    .step(validateProto(ListWorkflowInstancesRequestSchema))
    .step(loadPage(workflowInstanceKind, ({ workflowId }: ListWorkflowInstancesRequest) => workflowId))
    .reply(ports.environment, ({ page: { resources, nextPageToken } }) =>
      create(ListWorkflowInstancesResponseSchema, { workflowInstances: [...resources], nextPageToken }),
    );
}
