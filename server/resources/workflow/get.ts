import { create } from "@bufbuild/protobuf";
import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { type WorkflowId, WorkflowIdSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/io_pb.ts";
import { WorkflowStatusSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/status_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { loadTarget } from "../../pipeline/steps/load-target.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import { type Step, step } from "../../pipeline/step.ts";
import type { ResourceRow, RunQuery } from "../../store/ports.ts";
import type { ResourcePorts } from "../ports.ts";
import { workflowKind } from "./kind.ts";

/** Statuses of runs that have not ended. */
export const OPEN_STATUSES = ["pending", "running", "waiting", "suspended"] as const satisfies RunQuery["statuses"];

/** Gives a workflow by its id. */
export function getWorkflow(ports: ResourcePorts): UnaryHandler<WorkflowId, Workflow> {
  return Pipeline.start<WorkflowId>("workflow.get")
    .step(authorize)
    .step(validateProto(WorkflowIdSchema))
    .step(loadTarget(workflowKind))
    .step(countActiveRuns)
    .reply(ports.environment, ({ stored, activeRuns }) => withActiveRuns(presentRow(workflowKind, stored), activeRuns));
}

/** Counts the runs of the workflow that have not ended. Adds them as `activeRuns`. */
export const countActiveRuns: Step<{ readonly stored: ResourceRow }, { readonly activeRuns: number }> = step(
  "CountActiveRuns",
  [],
  async ({ stored }, { environment, ownsUnit }) => {
    // Other kinds, which look a workflow up on every start of a run, have no use for the number.
    if (!ownsUnit) return { activeRuns: 0 };
    return { activeRuns: await environment.store.runs.countOpen(stored.id) };
  },
);

/** Writes the count into the status that is shown; it is never stored. */
export function withActiveRuns(workflow: Workflow, activeRuns: number): Workflow {
  workflow.status ??= create(WorkflowStatusSchema);
  workflow.status.activeRuns = BigInt(activeRuns);
  return workflow;
}
