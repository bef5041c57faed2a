import { create } from "@bufbuild/protobuf";
import {
  type ExecutionContext,
  ExecutionContextSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/api_pb.ts";
import { ApiResourceKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { ApiResourceAuditStatusSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/status_pb.ts";
import { resourceKind } from "../../pipeline/resource-kind.ts";
import { redactVariables } from "../sealed-values.ts";

/** Execution contexts. Their secrets are never shown. */
export const executionContextKind = resourceKind<ExecutionContext>(
  ApiResourceKind.execution_context,
  ExecutionContextSchema,
  () => create(ApiResourceAuditStatusSchema),
  {
    present: (resource) => {
      redactVariables(resource.spec?.data ?? {});
      return resource;
    },
  },
);
