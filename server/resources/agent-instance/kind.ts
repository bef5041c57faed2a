import { create } from "@bufbuild/protobuf";
import {
  type AgentInstance,
  AgentInstanceSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { ApiResourceKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { ApiResourceAuditStatusSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/status_pb.ts";
import { resourceKind } from "../../pipeline/resource-kind.ts";
import { INSTANCE_SLUG_LENGTH_MAX } from "../default-instance.ts";

/** Agent instances, found by their agent. */
export const agentInstanceKind = resourceKind<AgentInstance>(
  ApiResourceKind.agent_instance,
  AgentInstanceSchema,
  () => create(ApiResourceAuditStatusSchema),
  { slugLengthMax: INSTANCE_SLUG_LENGTH_MAX, parentOf: ({ spec }) => spec?.agentId },
);
