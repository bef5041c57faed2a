import { create } from "@bufbuild/protobuf";
import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowDocumentSchema, WorkflowSpecSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/spec_pb.ts";
import {
  type ApiResourceReference,
  ApiResourceReferenceSchema,
} from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { loadByReference } from "../../pipeline/steps/load-by-reference.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import { type Step, step } from "../../pipeline/step.ts";
import type { DefinitionRow, ResourceRow } from "../../store/ports.ts";
import type { ResourcePorts } from "../ports.ts";
import { findVersion } from "./find-version.ts";
import { countActiveRuns, withActiveRuns } from "./get.ts";
import { workflowKind } from "./kind.ts";

/** Gives a workflow by slug (or id) and organization; with a version, as it was then. */
export function getWorkflowByReference(ports: ResourcePorts): UnaryHandler<ApiResourceReference, Workflow> {
  return Pipeline.start<ApiResourceReference>("workflow.getByReference")
    .step(authorize)
    .step(validateProto(ApiResourceReferenceSchema))
    .step(loadByReference(workflowKind))
    .step(loadVersion)
    .step(countActiveRuns)
    .reply(ports.environment, ({ stored, version, activeRuns }) => {
      const workflow = withActiveRuns(presentRow(workflowKind, stored), activeRuns);
      return version === undefined ? workflow : atVersion(workflow, version);
    });
}

/** Finds the version a reference names: a digest or a `document.version`. Adds it as `version`; undefined for the current one. */
const loadVersion: Step<
  { readonly valid: ApiResourceReference; readonly stored: ResourceRow },
  { readonly version: DefinitionRow | undefined }
> = step("LoadVersion", ["NOT_FOUND"], async ({ valid: { version }, stored }, { environment }) => {
  if (version === "" || version === "latest") return { version: undefined };
  const choice = /^[a-f0-9]{64}$/u.test(version) ? { digest: version } : { version };
  return { version: await findVersion(environment.store, stored.id, choice) };
});

/** The workflow with a version in the place of its current definition. */
function atVersion(workflow: Workflow, row: DefinitionRow): Workflow {
  if (workflow.status?.definitionDigest === row.digest) return workflow;
  const { dsl, namespace, name, version, summary } = (JSON.parse(row.document) as WorkflowDocument).document;
  const spec = (workflow.spec ??= create(WorkflowSpecSchema));
  spec.tasks = [];
  spec.definition = row.source;
  spec.document = create(WorkflowDocumentSchema, { dsl, namespace, name, version, description: summary ?? "" });
  if (workflow.status !== undefined) {
    workflow.status.definitionDigest = row.digest;
    workflow.status.revision = BigInt(row.revision);
    delete workflow.status.serverlessWorkflowValidation;
  }
  return workflow;
}
