import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type GetServerInfoRequest,
  GetServerInfoRequestSchema,
  type ServerInfo,
  ServerInfoSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/server_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import type { ResourcePorts } from "../ports.ts";

/** Says what this server is. */
export function getServerInfo({ environment, facts }: ResourcePorts): UnaryHandler<GetServerInfoRequest, ServerInfo> {
  return Pipeline.start<GetServerInfoRequest>("server.info")
    .step(authorize)
    .step(validateProto(GetServerInfoRequestSchema))
    .reply(environment, () => {
      const { limits, capabilities, dslVersions, startedAtMs, ready, ...rest } = facts;
      return create(ServerInfoSchema, {
        ...rest,
        limits: Object.fromEntries(Object.entries(limits).map(([name, limit]) => [name, BigInt(limit)])),
        capabilities: [...capabilities],
        dslVersions: [...dslVersions],
        startedAt: timestampFromMs(startedAtMs),
        ready: ready(),
      });
    });
}
