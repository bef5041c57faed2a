import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { type ApiResourceId, ApiResourceIdSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import { FORCE_HEADER } from "../../pipeline/call-context.ts";
import { isSwitchedOn } from "../../pipeline/switch-header.ts";
import { inUse } from "../../pipeline/refusal.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { retryConflicts } from "../../pipeline/retry-conflicts.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { step } from "../../pipeline/step.ts";
import type { RunRow } from "../../store/ports.ts";
import { removeRun } from "../../engine/embedded/retention.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { throughEngine } from "./engine-refusal.ts";
import { findRun, loadRun } from "./load-run.ts";
import { presentExecution } from "./present-execution.ts";
import { hasEnded } from "./run-status.ts";

/** Deletes a run with its journal and secrets, and returns it. One that has not ended is refused, or, when the call is forced, cancelled first; work that an ended one does not await is cancelled. */
export function deleteWorkflowExecution(ports: ExecutionPorts): UnaryHandler<ApiResourceId, WorkflowExecution> {
  const remove = step(
    "DeleteResource",
    ["FAILED_PRECONDITION"],
    async ({ run }: { readonly run: RunRow }, { unit, call }) => {
      if (!hasEnded(run.status)) {
        if (!isSwitchedOn(call, FORCE_HEADER))
          throw inUse(
            `Cannot delete WorkflowExecution "${run.id}": it has not ended, cancel it first or delete with force`,
          );
        if (!unit.dryRun)
          await throughEngine(run.id, () =>
            ports.engine().control(run.id, { type: "cancelled", reason: "it was deleted" }),
          );
      }
      const deleted = unit.dryRun ? run : await findRun(ports.environment.store.runs, run.id);
      unit.add({ op: "updateRun", run: deleted.run, changes: {}, expect: deleted.version });
      for (const write of removeRun(deleted.run)) unit.add(write);
      await unit.commit();
      if (!unit.dryRun) ports.engine().deleted(deleted.run);
      return { deleted };
    },
  );
  const handle = Pipeline.start<ApiResourceId>("workflow_execution.delete")
    .step(authorize)
    .step(validateProto(ApiResourceIdSchema))
    .step(loadRun)
    .step(remove)
    .reply(ports.environment, ({ deleted }) => presentExecution(deleted));
  return (request, call) => retryConflicts(["version"], () => handle(request, call));
}
