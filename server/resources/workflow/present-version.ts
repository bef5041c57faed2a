import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import {
  type WorkflowVersion,
  WorkflowVersionSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_pb.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { DefinitionRow } from "../../store/ports.ts";

/** A version as callers see it. */
export function presentVersion(row: DefinitionRow, workflow: Workflow): WorkflowVersion {
  const { namespace, name } = (JSON.parse(row.document) as WorkflowDocument).document;
  return create(WorkflowVersionSchema, {
    workflowId: row.workflowId,
    digest: row.digest,
    revision: BigInt(row.revision),
    namespace,
    name,
    version: row.version,
    createdAt: timestampFromMs(row.createdAt),
    createdBy: workflow.status?.audit?.specAudit?.updatedBy?.id ?? "",
    definition: row.source,
    isCurrent: workflow.status?.revision === BigInt(row.revision),
  });
}
