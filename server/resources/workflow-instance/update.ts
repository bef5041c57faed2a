import {
  type WorkflowInstance,
  WorkflowInstanceSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { serialised } from "../../pipeline/serialised.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { buildUpdateState } from "../../pipeline/steps/build-update-state.ts";
import { loadExisting } from "../../pipeline/steps/load-existing.ts";
import { persist } from "../../pipeline/steps/persist.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { keepImmutableFields } from "./keep-immutable-fields.ts";
import { workflowInstanceKind } from "./kind.ts";
import { loadParentWorkflow } from "./load-parent-workflow.ts";
import { resolveEnvRefs } from "./resolve-env-refs.ts";
import { validateSameOrg } from "./same-org.ts";

/** Replaces metadata and spec of an instance; its workflow, scope and id stay. */
export function updateWorkflowInstance(ports: ResourcePorts): UnaryHandler<WorkflowInstance, WorkflowInstance> {
  const update = Pipeline.start<WorkflowInstance>("workflow_instance.update")
    .step(authorize)
    .step(validateProto(WorkflowInstanceSchema))
    .step(loadExisting(workflowInstanceKind))
    .step(keepImmutableFields)
    .step(loadParentWorkflow(ports))
    .step(validateSameOrg)
    .step(resolveEnvRefs(ports))
    .step(buildUpdateState(workflowInstanceKind))
    .step(persist(workflowInstanceKind))
    .reply(ports.environment, ({ stored }) => presentRow(workflowInstanceKind, stored));
  return serialised(ports.environment, workflowInstanceKind, update);
}
