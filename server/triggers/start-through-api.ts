import { createHash } from "node:crypto";
import { type JsonValue, create, fromJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { StigmerClient } from "@stigmer/api/client.ts";
import { WorkflowExecutionSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import type { TriggerPorts } from "./triggers.ts";

/** Starts runs as any client does: through the API, with all its checks. The name of the run follows from its key, so that a repeat is recognised in every way. */
export function startThroughApi(client: StigmerClient): TriggerPorts["start"] {
  return async (record, input, key) => {
    const name = `scheduled-${createHash("sha256").update(key).digest("hex").slice(0, 24)}`;
    await client.workflowExecution.command.create(
      create(WorkflowExecutionSchema, {
        apiVersion: "agentic.stigmer.ai/v1",
        kind: "WorkflowExecution",
        metadata: {
          name,
          org: record.org,
          ownerScope: ApiResourceOwnerScope.organization,
          labels: { "stigmer.ai/started-by": "schedule" },
        },
        spec: { workflowId: record.workflowId, input: fromJson(ValueSchema, input as JsonValue), idempotencyKey: key },
      }),
    );
  };
}
