import { create } from "@bufbuild/protobuf";
import {
  type ListWorkflowVersionsRequest,
  ListWorkflowVersionsRequestSchema,
  type ListWorkflowVersionsResponse,
  ListWorkflowVersionsResponseSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_pb.ts";
import { notFound } from "../../pipeline/refusal.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { decodeRow } from "../../pipeline/stored-resource.ts";
import { step } from "../../pipeline/step.ts";
import { PAGE_SIZE_DEFAULT, pageOrRefusal } from "../page-of-resources.ts";
import type { ResourcePorts } from "../ports.ts";
import { workflowKind } from "./kind.ts";
import { presentVersion } from "./present-version.ts";

/** Lists the versions of a workflow, newest first, without their texts. */
export function listWorkflowVersions(
  ports: ResourcePorts,
): UnaryHandler<ListWorkflowVersionsRequest, ListWorkflowVersionsResponse> {
  return Pipeline.start<ListWorkflowVersionsRequest>("workflow.listVersions")
    .step(authorize)
    .step(validateProto(ListWorkflowVersionsRequestSchema))
    .step(loadVersions)
    .reply(ports.environment, ({ response }) => response);
}

const loadVersions = step(
  "LoadVersions",
  ["INVALID_ARGUMENT", "NOT_FOUND"],
  async ({ valid }: { readonly valid: ListWorkflowVersionsRequest }, { environment, unit }) => {
    const { workflowId, pageSize, pageToken } = valid;
    const row = await unit.get(workflowKind.key, workflowId);
    if (row === undefined) throw notFound(workflowKind.name, workflowId);
    const { resource } = decodeRow(workflowKind, row);
    const size = pageSize === 0 ? PAGE_SIZE_DEFAULT : pageSize;
    const cursor = pageToken === "" ? undefined : pageToken;
    const page = await pageOrRefusal(() => environment.store.definitions.list(workflowId, size, cursor));
    const versions = page.rows.map((version) => ({ ...presentVersion(version, resource), definition: "" }));
    return { response: create(ListWorkflowVersionsResponseSchema, { versions, nextPageToken: page.next ?? "" }) };
  },
);
