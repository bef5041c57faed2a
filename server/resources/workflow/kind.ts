import { create } from "@bufbuild/protobuf";
import { type Workflow, WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowStatusSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/status_pb.ts";
import { ApiResourceKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { resourceKind } from "../../pipeline/resource-kind.ts";
import { redactVariables } from "../sealed-values.ts";

/** Workflows. The second key of lookup is `<namespace>/<name>` of the document: what `run: workflow` names. */
export const workflowKind = resourceKind<Workflow>(
  ApiResourceKind.workflow,
  WorkflowSchema,
  () => create(WorkflowStatusSchema),
  {
    lookupOf: ({ spec }) =>
      spec?.document === undefined ? undefined : lookupKey(spec.document.namespace, spec.document.name),
    present: (workflow) => {
      redactVariables(workflow.spec?.envSpec?.data ?? {});
      return workflow;
    },
  },
);

/** The key a workflow is looked up by when another one runs it. */
export function lookupKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
