import { type Workflow, WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { buildNewState } from "../../pipeline/steps/build-new-state.ts";
import { checkDuplicate } from "../../pipeline/steps/check-duplicate.ts";
import { announce, persist } from "../../pipeline/steps/persist.ts";
import { resolveSlug } from "../../pipeline/steps/resolve-slug.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { createDefaultInstance } from "./create-default-instance.ts";
import { workflowKind } from "./kind.ts";
import { recordDefinition } from "./record-definition.ts";
import { recordSchedule } from "./record-schedule.ts";
import { sealDeclaredSecrets } from "./seal-declared-secrets.ts";
import { validateWorkflowSpec } from "./validate-workflow-spec.ts";

/** Creates a workflow with its first version and its default instance: all of them or none, also over a crash. */
export function createWorkflow(ports: ResourcePorts): UnaryHandler<Workflow, Workflow> {
  return Pipeline.start<Workflow>("workflow.create")
    .step(authorize)
    .step(validateProto(WorkflowSchema))
    .step(validateWorkflowSpec(ports.loadDefinition))
    .step(resolveSlug(workflowKind))
    .step(checkDuplicate(workflowKind))
    .step(buildNewState(workflowKind))
    .step(sealDeclaredSecrets(ports.secrets))
    .step(recordDefinition)
    .step(recordSchedule)
    .step(announce(workflowKind))
    .step(createDefaultInstance(ports))
    .step(persist(workflowKind))
    .reply(ports.environment, ({ stored }) => presentRow(workflowKind, stored));
}
