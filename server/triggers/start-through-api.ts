import { createHash } from "node:crypto";
import { type JsonValue, create, fromJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { StigmerClient } from "@stigmer/api/client.ts";
import { WorkflowExecutionSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { ApiError } from "../errors/api-error.ts";
import { WORKFLOW_CHAIN_LABEL } from "../events/workflow-chain.ts";
import { StartRefused, type TriggerPorts } from "./triggers.ts";

/** What a repeat would not change. */
const REFUSALS: ReadonlySet<string> = new Set(["INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "OUT_OF_RANGE"]);

/** Starts runs as any client does: through the API, with all its checks. The name of the run follows from its key, so that a repeat is recognised in every way. */
export function startThroughApi(client: StigmerClient): TriggerPorts["start"] {
  return async (record, input, key, chain) => {
    const name = `scheduled-${createHash("sha256").update(key).digest("hex").slice(0, 24)}`;
    const execution = create(WorkflowExecutionSchema, {
      apiVersion: "agentic.stigmer.ai/v1",
      kind: "WorkflowExecution",
      metadata: {
        name,
        org: record.org,
        ownerScope: ApiResourceOwnerScope.organization,
        labels: {
          "stigmer.ai/started-by": "schedule",
          ...(chain === undefined ? {} : { [WORKFLOW_CHAIN_LABEL]: chain }),
        },
      },
      spec: { workflowId: record.workflowId, input: fromJson(ValueSchema, input as JsonValue), idempotencyKey: key },
    });
    try {
      await client.workflowExecution.command.create(execution);
    } catch (error) {
      if (error instanceof ApiError && REFUSALS.has(error.code))
        throw new StartRefused(`Cannot start a run of workflow "${record.workflowId}": ${error.message}`, {
          cause: error,
        });
      throw error;
    }
  };
}
