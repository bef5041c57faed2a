import { create } from "@bufbuild/protobuf";
import {
  type WorkflowInstance,
  WorkflowInstanceSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { ApiResourceKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { ApiResourceAuditStatusSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/status_pb.ts";
import { resourceKind } from "../../pipeline/resource-kind.ts";
import { INSTANCE_SLUG_LENGTH_MAX } from "../default-instance.ts";

/** Workflow instances, found by their workflow. */
export const workflowInstanceKind = resourceKind<WorkflowInstance>(
  ApiResourceKind.workflow_instance,
  WorkflowInstanceSchema,
  () => create(ApiResourceAuditStatusSchema),
  { slugLengthMax: INSTANCE_SLUG_LENGTH_MAX, parentOf: ({ spec }) => spec?.workflowId },
);
