import type { ExecutionContext } from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/api_pb.ts";
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
import { executionContextKind } from "./kind.ts";

/** Gives an execution context by slug (or id) and organization. */
export function getExecutionContextByReference(
  ports: ResourcePorts,
): UnaryHandler<ApiResourceReference, ExecutionContext> {
  return Pipeline.start<ApiResourceReference>("execution_context.getByReference")
    .step(authorize)
    .step(validateProto(ApiResourceReferenceSchema))
    .step(loadByReference(executionContextKind))
    .reply(ports.environment, ({ stored }) => presentRow(executionContextKind, stored));
}
