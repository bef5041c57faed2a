import type { WorkflowInstance } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import {
  type ApiResourceReference,
  ApiResourceReferenceSchema,
} from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { loadByReference } from "../../pipeline/steps/load-by-reference.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { workflowInstanceKind } from "./kind.ts";

/** Gives a workflow instance by slug (or id) and organization. */
export function getWorkflowInstanceByReference(
  ports: ResourcePorts,
): UnaryHandler<ApiResourceReference, WorkflowInstance> {
  return Pipeline.start<ApiResourceReference>("workflow_instance.getByReference")
    .step(authorize)
    .step(validateProto(ApiResourceReferenceSchema))
    .step(loadByReference(workflowInstanceKind))
    .reply(ports.environment, ({ stored }) => presentRow(workflowInstanceKind, stored));
}
