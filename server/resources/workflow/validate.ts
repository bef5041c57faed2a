import { create } from "@bufbuild/protobuf";
import { WorkflowSpecSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/spec_pb.ts";
import {
  type Diagnostic as DiagnosticMessage,
  DiagnosticSchema,
  DiagnosticSeverity,
  type ValidateWorkflowRequest,
  ValidateWorkflowRequestSchema,
  type ValidateWorkflowResponse,
  ValidateWorkflowResponseSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_pb.ts";
import type { Diagnostic } from "@stigmer/core/dsl/diagnostic/diagnostic.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { step } from "../../pipeline/step.ts";
import type { DefinitionLoader, ResourcePorts } from "../ports.ts";
import { readDefinition, readText } from "./read-definition.ts";

/** Checks a definition and stores nothing: its faults are the answer. */
export function validateWorkflow(
  ports: ResourcePorts,
): UnaryHandler<ValidateWorkflowRequest, ValidateWorkflowResponse> {
  return Pipeline.start<ValidateWorkflowRequest>("workflow.validate")
    .step(authorize)
    .step(validateProto(ValidateWorkflowRequestSchema))
    .step(
      step("CheckDefinition", [], ({ valid }: { readonly valid: ValidateWorkflowRequest }) => ({
        response: check(valid, ports.loadDefinition),
      })),
    )
    .reply(ports.environment, ({ response }) => response);
}

function check({ source }: ValidateWorkflowRequest, load: DefinitionLoader): ValidateWorkflowResponse {
  try {
    const definition =
      source.case === "workflow"
        ? readDefinition(source.value.spec ?? create(WorkflowSpecSchema), load)
        : readText(source.value ?? "", load);
    return create(ValidateWorkflowResponseSchema, {
      valid: definition.valid !== undefined,
      diagnostics: definition.diagnostics.map(diagnosticMessage),
      definition: definition.valid?.yaml ?? "",
      digest: definition.valid?.digest ?? "",
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return create(ValidateWorkflowResponseSchema, {
      valid: false,
      diagnostics: [refusal(error.message)],
    });
  }
}

/** What is wrong with the resource, which has no place in a text. */
function refusal(message: string): DiagnosticMessage {
  return create(DiagnosticSchema, { severity: DiagnosticSeverity.ERROR, code: "REQUEST_INVALID", message });
}

const severities = {
  error: DiagnosticSeverity.ERROR,
  warning: DiagnosticSeverity.WARNING,
  info: DiagnosticSeverity.INFORMATION,
} as const;

function diagnosticMessage({
  severity,
  code,
  message,
  pointer,
  line,
  column,
  endLine,
  endColumn,
  hint = "",
}: Diagnostic): DiagnosticMessage {
  return create(DiagnosticSchema, {
    severity: severities[severity],
    code,
    message,
    pointer,
    line,
    column,
    endLine,
    endColumn,
    hint,
  });
}
