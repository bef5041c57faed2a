import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import type { WorkflowInstance } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { invalidField, notFound } from "../../pipeline/refusal.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import { isNotFound, withinUnit } from "../in-process-call.ts";
import type { ResourcePorts } from "../ports.ts";

/** Loads the workflow of an instance through the workflow service, and has the commit check that it is still there. Adds it as `workflow`. */
export function loadParentWorkflow({
  clients,
}: ResourcePorts): Step<{ readonly draft: WorkflowInstance }, { readonly workflow: Workflow }> {
  return step("LoadParentWorkflow", ["NOT_FOUND"], async ({ draft }, scope) => {
    const value = draft.spec?.workflowId ?? "";
    if (value === "") throw invalidField("spec.workflow_id", "is empty, should be the id of a workflow");
    try {
      const workflow = await clients.workflow.query.get({ value }, withinUnit(scope));
      scope.unit.require("workflow", metadataOf(workflow).id);
      return { workflow };
    } catch (error) {
      throw isNotFound(error) ? notFound("Workflow", value) : error;
    }
  });
}
