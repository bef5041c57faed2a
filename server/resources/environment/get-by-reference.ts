import type { Environment } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
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
import { environmentKind } from "./kind.ts";

/** Gives an environment by slug (or id) and organization. */
export function getEnvironmentByReference(ports: ResourcePorts): UnaryHandler<ApiResourceReference, Environment> {
  return Pipeline.start<ApiResourceReference>("environment.getByReference")
    .step(authorize)
    .step(validateProto(ApiResourceReferenceSchema))
    .step(loadByReference(environmentKind))
    .reply(ports.environment, ({ stored }) => presentRow(environmentKind, stored));
}
