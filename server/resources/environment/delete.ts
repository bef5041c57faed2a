import type { Environment } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
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
import { environmentKind } from "./kind.ts";

/** Deletes an environment and returns it, redacted. Instances that refer to it say so when they are run. */
export function deleteEnvironment(ports: ResourcePorts): UnaryHandler<ApiResourceDeleteInput, Environment> {
  const remove = Pipeline.start<ApiResourceDeleteInput>("environment.delete")
    .step(authorize)
    .step(validateProto(ApiResourceDeleteInputSchema))
    .step(extractResourceId)
    .step(loadExistingForDelete(environmentKind))
    .step(deleteResource(environmentKind))
    .reply(ports.environment, ({ deleted }) => deleted);
  return (request, call) => retryConflicts(["version"], () => remove(request, call));
}
