import { create } from "@bufbuild/protobuf";
import {
  type ListEnvironmentsRequest,
  ListEnvironmentsRequestSchema,
  type ListEnvironmentsResponse,
  ListEnvironmentsResponseSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/environment_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { loadPage } from "../load-page.ts";
import type { ResourcePorts } from "../ports.ts";
import { environmentKind } from "./kind.ts";

/** Lists environments, newest first. */
export function listEnvironments(
  ports: ResourcePorts,
): UnaryHandler<ListEnvironmentsRequest, ListEnvironmentsResponse> {
  return Pipeline.start<ListEnvironmentsRequest>("environment.list")
    .step(authorize)
    .step(validateProto(ListEnvironmentsRequestSchema))
    .step(loadPage(environmentKind))
    .reply(ports.environment, ({ page: { resources, nextPageToken } }) =>
      create(ListEnvironmentsResponseSchema, { environments: [...resources], nextPageToken }),
    );
}
