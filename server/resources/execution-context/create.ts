import {
  type ExecutionContext,
  ExecutionContextSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/api_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { buildNewState } from "../../pipeline/steps/build-new-state.ts";
import { checkDuplicate } from "../../pipeline/steps/check-duplicate.ts";
import { persist } from "../../pipeline/steps/persist.ts";
import { resolveSlug } from "../../pipeline/steps/resolve-slug.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { executionContextKind } from "./kind.ts";
import { sealSecrets } from "./seal-secrets.ts";

/** Creates an execution context; its secrets are sealed before anything is staged. */
export function createExecutionContext(ports: ResourcePorts): UnaryHandler<ExecutionContext, ExecutionContext> {
  return Pipeline.start<ExecutionContext>("execution_context.create")
    .step(authorize)
    .step(validateProto(ExecutionContextSchema))
    .step(resolveSlug(executionContextKind))
    .step(checkDuplicate(executionContextKind))
    .step(buildNewState(executionContextKind))
    .step(sealSecrets(ports.secrets))
    .step(persist(executionContextKind))
    .reply(ports.environment, ({ stored }) => presentRow(executionContextKind, stored));
}
