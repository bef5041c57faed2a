import type { WorkflowInstance } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { applyOf } from "../../pipeline/apply.ts";
import type { UnaryHandler } from "../../pipeline/pipeline.ts";
import type { ResourcePorts } from "../ports.ts";
import { createWorkflowInstance } from "./create.ts";
import { workflowInstanceKind } from "./kind.ts";
import { updateWorkflowInstance } from "./update.ts";

/** Creates the workflow instance, or updates the one with its slug. */
export function applyWorkflowInstance(ports: ResourcePorts): UnaryHandler<WorkflowInstance, WorkflowInstance> {
  return applyOf(ports.environment, workflowInstanceKind, {
    create: createWorkflowInstance(ports),
    update: updateWorkflowInstance(ports),
  });
}
