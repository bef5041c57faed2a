import type { WorkflowInstance } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import {
  type WorkflowInstanceId,
  WorkflowInstanceIdSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { loadTarget } from "../../pipeline/steps/load-target.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { workflowInstanceKind } from "./kind.ts";

/** Gives a workflow instance by its id. */
export function getWorkflowInstance(ports: ResourcePorts): UnaryHandler<WorkflowInstanceId, WorkflowInstance> {
  return Pipeline.start<WorkflowInstanceId>("workflow_instance.get")
    .step(authorize)
    .step(validateProto(WorkflowInstanceIdSchema))
    .step(loadTarget(workflowInstanceKind))
    .reply(ports.environment, ({ stored }) => presentRow(workflowInstanceKind, stored));
}
