import type { Environment } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import { type ApiResourceId, ApiResourceIdSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { loadTarget } from "../../pipeline/steps/load-target.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { environmentKind } from "./kind.ts";

/** Gives an environment by its id. */
export function getEnvironment(ports: ResourcePorts): UnaryHandler<ApiResourceId, Environment> {
  return Pipeline.start<ApiResourceId>("environment.get")
    .step(authorize)
    .step(validateProto(ApiResourceIdSchema))
    .step(loadTarget(environmentKind))
    .reply(ports.environment, ({ stored }) => presentRow(environmentKind, stored));
}
