import type { ExecutionContext } from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/api_pb.ts";
import {
  type ExecutionContextId,
  ExecutionContextIdSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { loadTarget } from "../../pipeline/steps/load-target.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { executionContextKind } from "./kind.ts";

/** Gives an execution context by its id. */
export function getExecutionContext(ports: ResourcePorts): UnaryHandler<ExecutionContextId, ExecutionContext> {
  return Pipeline.start<ExecutionContextId>("execution_context.get")
    .step(authorize)
    .step(validateProto(ExecutionContextIdSchema))
    .step(loadTarget(executionContextKind))
    .reply(ports.environment, ({ stored }) => presentRow(executionContextKind, stored));
}
