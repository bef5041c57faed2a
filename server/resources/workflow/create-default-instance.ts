import { create } from "@bufbuild/protobuf";
import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowStatusSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/status_pb.ts";
import { WorkflowInstanceSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import { defaultInstanceMetadata, DEFAULT_INSTANCE_DESCRIPTION } from "../default-instance.ts";
import { withinUnit } from "../in-process-call.ts";
import type { ResourcePorts } from "../ports.ts";

/**
 * Creates the instance without configuration that runs of the workflow take by default, through the instance service and in the same unit of work, and names it in the status: both are
 * stored by one commit, or neither is.
 */
export function createDefaultInstance({
  clients,
}: Pick<ResourcePorts, "clients">): Step<{ readonly state: Workflow }, object> {
  return step("CreateDefaultInstance", ["ALREADY_EXISTS"], async ({ state }, scope) => {
    const instance = await clients.workflowInstance.command.create(
      create(WorkflowInstanceSchema, {
        apiVersion: state.apiVersion,
        kind: "WorkflowInstance",
        metadata: defaultInstanceMetadata(metadataOf(state)),
        spec: { workflowId: metadataOf(state).id, description: DEFAULT_INSTANCE_DESCRIPTION },
      }),
      withinUnit(scope),
    );
    state.status ??= create(WorkflowStatusSchema);
    state.status.defaultInstanceId = metadataOf(instance).id;
    return {};
  });
}
