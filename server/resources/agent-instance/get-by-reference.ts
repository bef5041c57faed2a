import type { AgentInstance } from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
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
import { agentInstanceKind } from "./kind.ts";

/** Gives an agent instance by slug (or id) and organization. */
export function getAgentInstanceByReference(ports: ResourcePorts): UnaryHandler<ApiResourceReference, AgentInstance> {
  return Pipeline.start<ApiResourceReference>("agent_instance.getByReference")
    .step(authorize)
    .step(validateProto(ApiResourceReferenceSchema))
    .step(loadByReference(agentInstanceKind))
    .reply(ports.environment, ({ stored }) => presentRow(agentInstanceKind, stored));
}
