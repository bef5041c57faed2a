import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import {
  type ServerlessWorkflowValidation,
  ServerlessWorkflowValidationSchema,
  ValidationState,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/serverless/validation_pb.ts";
import { WorkflowDocumentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/spec_pb.ts";
import { WorkflowStatusSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/status_pb.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import { type Definition, diagnosticText } from "./read-definition.ts";
import type { ValidDefinition } from "./validate-workflow-spec.ts";

/**
 * Writes what is known of the definition into spec and status, and stages a new immutable version when it differs from the current one. Runs stay pinned to theirs by its digest.
 */
export const recordDefinition: Step<{ readonly state: Workflow; readonly definition: ValidDefinition }, object> = step(
  "RecordDefinition",
  [],
  ({ state, definition }, { environment, unit }) => {
    const { document, digest, canonical } = definition.valid;
    const nowMs = environment.nowMs();
    const status = (state.status ??= create(WorkflowStatusSchema));
    if (state.spec !== undefined && state.spec.definition !== "") {
      const { dsl, namespace, name, version, summary } = document.document;
      state.spec.document = create(WorkflowDocumentSchema, {
        dsl,
        namespace,
        name,
        version,
        description: summary ?? "",
      });
    }
    status.serverlessWorkflowValidation = validationOf(definition, nowMs);
    if (status.definitionDigest === digest) return {};
    status.definitionDigest = digest;
    status.revision += 1n;
    unit.add({
      op: "putDefinition",
      row: {
        workflowId: metadataOf(state).id,
        revision: Number(status.revision),
        digest,
        version: document.document.version,
        createdAt: nowMs,
        source: definition.source,
        document: canonical,
      },
    });
    return {};
  },
);

/** The outcome of a check in the words of the published contract. */
export function validationOf(definition: Definition, nowMs: number): ServerlessWorkflowValidation {
  const texts = (severities: readonly string[]): string[] =>
    definition.diagnostics.filter(({ severity }) => severities.includes(severity)).map(diagnosticText);
  return create(ServerlessWorkflowValidationSchema, {
    state: definition.valid === undefined ? ValidationState.INVALID : ValidationState.VALID,
    yaml: definition.valid?.yaml ?? definition.source,
    errors: texts(["error"]),
    warnings: texts(["warning"]),
    validatedAt: timestampFromMs(nowMs),
  });
}
