import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  type WorkflowExecutionId,
  WorkflowExecutionIdSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { type Step, step } from "../../pipeline/step.ts";
import type { RunRow } from "../../store/ports.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { loadRun } from "./load-run.ts";
import { presentWhole } from "./present-execution.ts";

/** Gives a run with its tasks and with what it waits for. */
export function getWorkflowExecution(ports: ExecutionPorts): UnaryHandler<WorkflowExecutionId, WorkflowExecution> {
  return Pipeline.start<WorkflowExecutionId>("workflow_execution.get")
    .step(authorize)
    .step(validateProto(WorkflowExecutionIdSchema))
    .step(loadRun)
    .step(deriveStatus(ports))
    .reply(ports.environment, ({ whole }) => whole);
}

/** Derives status and tasks from the run's journal. Adds the execution as `whole`. */
export function deriveStatus(
  ports: ExecutionPorts,
): Step<{ readonly run: RunRow }, { readonly whole: WorkflowExecution }> {
  return step("DeriveStatus", [], async ({ run }) => ({
    whole: await presentWhole(ports.engine(), ports.definitions, run),
  }));
}
