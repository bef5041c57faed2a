import { create } from "@bufbuild/protobuf";
import {
  type BackupRequest,
  BackupRequestSchema,
  type BackupResponse,
  BackupResponseSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/server_pb.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { step } from "../../pipeline/step.ts";
import type { ResourcePorts } from "../ports.ts";

/** Writes a verified copy of the database. */
export function backupServer({ environment, backup }: ResourcePorts): UnaryHandler<BackupRequest, BackupResponse> {
  const write = step(
    "WriteBackup",
    ["INVALID_ARGUMENT", "UNIMPLEMENTED"],
    async ({ valid }: { readonly valid: BackupRequest }, { unit }) => {
      if (backup === undefined)
        throw new ApiError(
          "FEATURE_UNSUPPORTED",
          "Cannot back up: this server keeps its data in memory, there is nothing to copy",
        );
      if (unit.dryRun) return { response: create(BackupResponseSchema, { path: valid.path }) };
      const { path, sizeBytes, executions, recordsVerified, durationMs } = await backup(valid.path);
      return {
        response: create(BackupResponseSchema, {
          path,
          sizeBytes: BigInt(sizeBytes),
          executions: BigInt(executions),
          recordsVerified: BigInt(recordsVerified),
          durationMs: BigInt(Math.round(durationMs)),
        }),
      };
    },
  );
  return Pipeline.start<BackupRequest>("server.backup")
    .step(authorize)
    .step(validateProto(BackupRequestSchema))
    .step(write)
    .reply(environment, ({ response }) => response);
}
