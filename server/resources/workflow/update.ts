import { type Workflow, WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { buildUpdateState } from "../../pipeline/steps/build-update-state.ts";
import { loadExisting } from "../../pipeline/steps/load-existing.ts";
import { persist } from "../../pipeline/steps/persist.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import { serialised } from "../../pipeline/serialised.ts";
import type { ResourcePorts } from "../ports.ts";
import { workflowKind } from "./kind.ts";
import { recordDefinition } from "./record-definition.ts";
import { recordSchedule } from "./record-schedule.ts";
import { sealDeclaredSecrets } from "./seal-declared-secrets.ts";
import { validateWorkflowSpec } from "./validate-workflow-spec.ts";

/** Replaces metadata and spec of a workflow; a definition that differs becomes its next version. */
export function updateWorkflow(ports: ResourcePorts): UnaryHandler<Workflow, Workflow> {
  const update = Pipeline.start<Workflow>("workflow.update")
    .step(authorize)
    .step(validateProto(WorkflowSchema))
    .step(validateWorkflowSpec(ports.loadDefinition))
    .step(loadExisting(workflowKind))
    .step(buildUpdateState(workflowKind))
    .step(sealDeclaredSecrets(ports.secrets))
    .step(recordDefinition)
    .step(recordSchedule)
    .step(persist(workflowKind))
    .reply(ports.environment, ({ stored }) => presentRow(workflowKind, stored));
  return serialised(ports.environment, workflowKind, update);
}
