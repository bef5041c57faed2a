import { create } from "@bufbuild/protobuf";
import { type Environment, EnvironmentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import { ApiResourceKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { ApiResourceAuditStatusSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/status_pb.ts";
import { resourceKind } from "../../pipeline/resource-kind.ts";
import { redactVariables } from "../sealed-values.ts";

/** Environments. Their secrets are never shown. */
export const environmentKind = resourceKind<Environment>(
  ApiResourceKind.environment,
  EnvironmentSchema,
  () => create(ApiResourceAuditStatusSchema),
  {
    present: (resource) => {
      redactVariables(resource.spec?.data ?? {});
      return resource;
    },
  },
);
