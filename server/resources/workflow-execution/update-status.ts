import { create } from "@bufbuild/protobuf";
import {
  type WorkflowExecution,
  type WorkflowExecutionStatus,
  WorkflowExecutionStatusSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  type WorkflowExecutionUpdateStatusInput,
  WorkflowExecutionUpdateStatusInputSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/command_pb.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { phaseMismatch } from "../../pipeline/refusal.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { retryConflicts } from "../../pipeline/retry-conflicts.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { step } from "../../pipeline/step.ts";
import type { RunChanges, RunRow } from "../../store/ports.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { throughEngine } from "./engine-refusal.ts";
import { findRun, loadRun, runDataLock } from "./load-run.ts";
import { presentWhole } from "./present-execution.ts";
import { endOf, executionPhase, hasEnded } from "./run-status.ts";
import { encodeExecution, executionOf } from "./stored-execution.ts";

/**
 * Takes over what a foreign runner reports: tasks replace the list, other fields replace when they are set, nothing can be cleared. A run that has ended takes no report any more, so it
 * cannot be reopened. When a runner reports the end of a run, the engine stops its own work on it in the same commit.
 */
export function updateWorkflowExecutionStatus(
  ports: ExecutionPorts,
): UnaryHandler<WorkflowExecutionUpdateStatusInput, WorkflowExecution> {
  const report = step(
    "TakeReport",
    ["FAILED_PRECONDITION"],
    async (
      { valid, run }: { readonly valid: WorkflowExecutionUpdateStatusInput; readonly run: RunRow },
      { unit, environment },
    ) => {
      const status = valid.status ?? create(WorkflowExecutionStatusSchema);
      if (hasEnded(run.status)) {
        throw phaseMismatch(
          `Cannot report on run "${run.id}": it has ended as ${run.status}, a run that has ended is not reopened`,
        );
      }
      const end = endOf(status.phase);
      const data = mergedData(run, status);
      if (end === undefined || unit.dryRun) {
        unit.add({ op: "updateRun", run: run.run, changes: { data }, expect: run.version });
        await unit.commit();
        ports.reports.notify(run.id);
      } else {
        const control = { type: "cancelled", reason: "a foreign runner reported its end" } as const;
        const outcome = { data, ...endChanges(end, status, environment.nowMs()) };
        await throughEngine(run.id, () => ports.engine().control(run.id, control, outcome));
      }
      return { row: await findRun(environment.store.runs, run.id) };
    },
  );
  const update = Pipeline.start<WorkflowExecutionUpdateStatusInput>("workflow_execution.updateStatus")
    .step(authorize)
    .step(validateProto(WorkflowExecutionUpdateStatusInputSchema))
    .step(loadRun)
    .step(report)
    .step(
      step("DeriveStatus", [], async ({ row }: { readonly row: RunRow }) => ({
        whole: await presentWhole(ports.engine(), ports.definitions, row),
      })),
    )
    .reply(ports.environment, ({ whole }) => whole);
  return (request, call) =>
    ports.environment.locks.run(runDataLock(request.executionId), () =>
      retryConflicts(["version"], () => update(request, call)),
    );
}

function mergedData(row: RunRow, status: WorkflowExecutionStatus): Uint8Array {
  const execution = executionOf(row);
  const before = (execution.status ??= create(WorkflowExecutionStatusSchema));
  if (status.tasks.length > 0) before.tasks = status.tasks;
  if (status.phase !== 0) before.phase = status.phase;
  if (status.output !== undefined) before.output = status.output;
  if (status.error !== "") before.error = status.error;
  if (status.startedAt !== "") before.startedAt = status.startedAt;
  if (status.completedAt !== "") before.completedAt = status.completedAt;
  if (status.temporalWorkflowId !== "") before.temporalWorkflowId = status.temporalWorkflowId;
  return encodeExecution(execution);
}

/** How the row of a run changes that a runner has ended: its outcome is the reported one. */
function endChanges(
  end: NonNullable<ReturnType<typeof endOf>>,
  { output, error }: WorkflowExecutionStatus,
  nowMs: number,
): RunChanges {
  const detail = error === "" ? "A foreign runner reported a failure" : error;
  return {
    status: end,
    reason: `reported as ${executionPhase(end)} by a foreign runner`,
    endedAt: nowMs,
    output: end === "completed" && output !== undefined ? JSON.stringify(output) : null,
    fault: end === "faulted" ? JSON.stringify(standardFault("runtime", "Run failed", detail)) : null,
  };
}
