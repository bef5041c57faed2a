import { create } from "@bufbuild/protobuf";
import {
  type GetWorkflowInstancesByWorkflowRequest,
  GetWorkflowInstancesByWorkflowRequestSchema,
  type WorkflowInstanceList,
  WorkflowInstanceListSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import { step } from "../../pipeline/step.ts";
import { numberedPage } from "../page-of-resources.ts";
import type { ResourcePorts } from "../ports.ts";
import { workflowInstanceKind } from "./kind.ts";

/** Lists the instances of a workflow by page number, newest first; an unknown workflow has none. */
export function getWorkflowInstancesByWorkflow(
  ports: ResourcePorts,
): UnaryHandler<GetWorkflowInstancesByWorkflowRequest, WorkflowInstanceList> {
  return Pipeline.start<GetWorkflowInstancesByWorkflowRequest>("workflow_instance.getByWorkflow")
    .step(authorize)
    .step(validateProto(GetWorkflowInstancesByWorkflowRequestSchema))
    .step(loadByWorkflow)
    .reply(ports.environment, ({ rows, totalPages }) =>
      create(WorkflowInstanceListSchema, {
        totalPages,
        entries: rows.map((row) => presentRow(workflowInstanceKind, row)),
      }),
    );
}

const loadByWorkflow = step(
  "LoadByWorkflow",
  ["INVALID_ARGUMENT"],
  ({ valid }: { readonly valid: GetWorkflowInstancesByWorkflowRequest }, { environment }) =>
    numberedPage(environment, workflowInstanceKind.key, valid.workflowId, valid.pageInfo),
);
