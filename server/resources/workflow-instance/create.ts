import {
  type WorkflowInstance,
  WorkflowInstanceSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { buildNewState } from "../../pipeline/steps/build-new-state.ts";
import { checkDuplicate } from "../../pipeline/steps/check-duplicate.ts";
import { persist } from "../../pipeline/steps/persist.ts";
import { resolveSlug } from "../../pipeline/steps/resolve-slug.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import { childrenLock } from "../children-lock.ts";
import type { ResourcePorts } from "../ports.ts";
import { workflowInstanceKind } from "./kind.ts";
import { loadParentWorkflow } from "./load-parent-workflow.ts";
import { resolveEnvRefs } from "./resolve-env-refs.ts";
import { validateSameOrg } from "./same-org.ts";

/** Creates an instance of a workflow that exists, in an organization that may have it. */
export function createWorkflowInstance(ports: ResourcePorts): UnaryHandler<WorkflowInstance, WorkflowInstance> {
  const create = Pipeline.start<WorkflowInstance>("workflow_instance.create")
    .step(authorize)
    .step(validateProto(WorkflowInstanceSchema))
    .step(resolveSlug(workflowInstanceKind))
    .step(loadParentWorkflow(ports))
    .step(validateSameOrg)
    .step(resolveEnvRefs(ports))
    .step(checkDuplicate(workflowInstanceKind))
    .step(buildNewState(workflowInstanceKind))
    .step(persist(workflowInstanceKind))
    .reply(ports.environment, ({ stored }) => presentRow(workflowInstanceKind, stored));
  return (request, call) =>
    ports.environment.locks.run(childrenLock("workflow", request.spec?.workflowId ?? ""), () => create(request, call));
}
