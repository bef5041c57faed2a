import type { WorkflowInstance } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import {
  type WorkflowInstanceId,
  WorkflowInstanceIdSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { retryConflicts } from "../../pipeline/retry-conflicts.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { deleteResource } from "../../pipeline/steps/delete-resource.ts";
import { extractResourceId } from "../../pipeline/steps/extract-resource-id.ts";
import { loadExistingForDelete } from "../../pipeline/steps/load-existing-for-delete.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { type Step, step } from "../../pipeline/step.ts";
import type { ResourcePorts } from "../ports.ts";
import { workflowInstanceKind } from "./kind.ts";

/** Deletes an instance and returns it. Refused while it has runs that have not ended; ended ones stay as history of the workflow. */
export function deleteWorkflowInstance(ports: ResourcePorts): UnaryHandler<WorkflowInstanceId, WorkflowInstance> {
  const remove = Pipeline.start<WorkflowInstanceId>("workflow_instance.delete")
    .step(authorize)
    .step(validateProto(WorkflowInstanceIdSchema))
    .step(extractResourceId)
    .step(loadExistingForDelete(workflowInstanceKind))
    .step(refuseWhileRunsAreOpen)
    .step(deleteResource(workflowInstanceKind))
    .reply(ports.environment, ({ deleted }) => deleted);
  return (request, call) => retryConflicts(["version"], () => remove(request, call));
}

/** Has the commit check that no run of the instance is open. */
const refuseWhileRunsAreOpen: Step<{ readonly resourceId: string }, object> = step(
  "RefuseWhileRunsAreOpen",
  ["FAILED_PRECONDITION"],
  ({ resourceId }, { unit }) => {
    unit.add({ op: "requireNoActiveRuns", instanceId: resourceId });
    return {};
  },
);
