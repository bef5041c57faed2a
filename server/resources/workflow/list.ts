import { create } from "@bufbuild/protobuf";
import {
  type ListWorkflowsRequest,
  ListWorkflowsRequestSchema,
  type ListWorkflowsResponse,
  ListWorkflowsResponseSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { loadPage } from "../load-page.ts";
import type { ResourcePorts } from "../ports.ts";
import { workflowKind } from "./kind.ts";

/** Lists workflows, newest first. */
export function listWorkflows(ports: ResourcePorts): UnaryHandler<ListWorkflowsRequest, ListWorkflowsResponse> {
  return Pipeline.start<ListWorkflowsRequest>("workflow.list")
    .step(authorize)
    .step(validateProto(ListWorkflowsRequestSchema))
    .step(loadPage(workflowKind))
    .reply(ports.environment, ({ page: { resources, nextPageToken } }) =>
      create(ListWorkflowsResponseSchema, { workflows: [...resources], nextPageToken }),
    );
}
