import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { applyOf } from "../../pipeline/apply.ts";
import type { UnaryHandler } from "../../pipeline/pipeline.ts";
import type { ResourcePorts } from "../ports.ts";
import { createWorkflow } from "./create.ts";
import { workflowKind } from "./kind.ts";
import { updateWorkflow } from "./update.ts";

/** Creates the workflow, or updates the one with its slug. */
export function applyWorkflow(ports: ResourcePorts): UnaryHandler<Workflow, Workflow> {
  return applyOf(ports.environment, workflowKind, { create: createWorkflow(ports), update: updateWorkflow(ports) });
}
