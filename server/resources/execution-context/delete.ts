import type { ExecutionContext } from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/api_pb.ts";
import {
  type ApiResourceDeleteInput,
  ApiResourceDeleteInputSchema,
} from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { retryConflicts } from "../../pipeline/retry-conflicts.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { deleteResource } from "../../pipeline/steps/delete-resource.ts";
import { extractResourceId } from "../../pipeline/steps/extract-resource-id.ts";
import { loadExistingForDelete } from "../../pipeline/steps/load-existing-for-delete.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import type { ResourcePorts } from "../ports.ts";
import { executionContextKind } from "./kind.ts";

/** Deletes an execution context and returns it, redacted. */
export function deleteExecutionContext(ports: ResourcePorts): UnaryHandler<ApiResourceDeleteInput, ExecutionContext> {
  const remove = Pipeline.start<ApiResourceDeleteInput>("execution_context.delete")
    .step(authorize)
    .step(validateProto(ApiResourceDeleteInputSchema))
    .step(extractResourceId)
    .step(loadExistingForDelete(executionContextKind))
    .step(deleteResource(executionContextKind))
    .reply(ports.environment, ({ deleted }) => deleted);
  return (request, call) => retryConflicts(["version"], () => remove(request, call));
}
