import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { type WorkflowId, WorkflowIdSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { deleteResource } from "../../pipeline/steps/delete-resource.ts";
import { extractResourceId } from "../../pipeline/steps/extract-resource-id.ts";
import { loadExistingForDelete } from "../../pipeline/steps/load-existing-for-delete.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { retryConflicts } from "../../pipeline/retry-conflicts.ts";
import { childrenLock } from "../children-lock.ts";
import type { ResourcePorts } from "../ports.ts";
import { workflowKind } from "./kind.ts";
import { refuseWhileInUse } from "./refuse-while-in-use.ts";
import { cancelWorkOfRemoved, removeDependents } from "./remove-dependents.ts";

/** Deletes a workflow with its default instance, its versions and its ended runs, and returns it. Forced, its other instances go too, and open runs are cancelled. */
export function deleteWorkflow(ports: ResourcePorts): UnaryHandler<WorkflowId, Workflow> {
  const remove = Pipeline.start<WorkflowId>("workflow.delete")
    .step(authorize)
    .step(validateProto(WorkflowIdSchema))
    .step(extractResourceId)
    .step(loadExistingForDelete(workflowKind))
    .step(refuseWhileInUse(ports))
    .step(removeDependents(ports))
    .step(deleteResource(workflowKind))
    .step(cancelWorkOfRemoved(ports))
    .reply(ports.environment, ({ deleted }) => deleted);
  return (request, call) =>
    ports.environment.locks.run(childrenLock(workflowKind.key, request.value), () =>
      retryConflicts(["version", "missing"], () => remove(request, call)),
    );
}
