import {
  type ExecutionContext,
  ExecutionContextSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/api_pb.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { loadForApply } from "../../pipeline/steps/load-for-apply.ts";
import { resolveSlug } from "../../pipeline/steps/resolve-slug.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import type { ResourcePorts } from "../ports.ts";
import { createExecutionContext } from "./create.ts";
import { executionContextKind } from "./kind.ts";

/** Creates the execution context. One that exists is refused: they are immutable. */
export function applyExecutionContext(ports: ResourcePorts): UnaryHandler<ExecutionContext, ExecutionContext> {
  const create = createExecutionContext(ports);
  const decide = Pipeline.start<ExecutionContext>("execution_context.apply")
    .step(authorize)
    .step(validateProto(ExecutionContextSchema))
    .step(resolveSlug(executionContextKind))
    .step(loadForApply(executionContextKind))
    .reply(ports.environment, ({ found }) => found);
  return async (request, call) => {
    const found = await decide(request, call);
    if (found === undefined) return create(request, call);
    throw new ApiError("RESOURCE_EXISTS", `ExecutionContext already exists: ${request.metadata?.name ?? ""}`, {
      metadata: { kind: "ExecutionContext", id: found.id },
    });
  };
}
