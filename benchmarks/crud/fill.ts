import { clone } from "@bufbuild/protobuf";
import { type Workflow, WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { instance } from "../../server/resources/testing/definitions.ts";
import type { PipelineEnvironment } from "../../server/pipeline/step.ts";
import { encodeRow, metadataOf } from "../../server/pipeline/stored-resource.ts";
import { workflowInstanceKind } from "../../server/resources/workflow-instance/kind.ts";
import { workflowKind } from "../../server/resources/workflow/kind.ts";
import type { DefinitionRow, Write } from "../../server/store/ports.ts";

const WRITES_A_BATCH = 3000;

/**
 * Puts workflows like `parent`, each with its definition, and as many instances of `parent` into the store without going through requests, which would take long. Gives the workflows' ids;
 * their slugs are `flow-<number>`.
 */
export async function fill(environment: PipelineEnvironment, parent: Workflow, size: number): Promise<string[]> {
  const { id: parentId } = metadataOf(parent);
  const definition = (await environment.store.definitions.byRevision(parentId, 1)) as DefinitionRow;
  const ids: string[] = [];
  let batch: Write[] = [];
  for (let index = 0; index < size; index += 1) {
    const createdAt = environment.nowMs();
    const times = { version: 1, createdAt, updatedAt: createdAt };
    const flow = clone(WorkflowSchema, parent);
    const name = `flow-${index}`;
    Object.assign(metadataOf(flow), { id: `wfl-${environment.ulids.next()}`, slug: name, name });
    const child = instance(`inst-${index}`, parentId);
    Object.assign(metadataOf(child), { id: `win-${environment.ulids.next()}`, slug: `inst-${index}` });
    const { id } = metadataOf(flow);
    ids.push(id);
    batch.push(
      { op: "putResource", row: encodeRow(workflowKind, flow, times), expect: "absent" },
      { op: "putResource", row: encodeRow(workflowInstanceKind, child, times), expect: "absent" },
      {
        op: "putDefinition",
        row: {
          ...definition,
          workflowId: id,
          digest: `${String(index).padStart(8, "0")}${definition.digest.slice(8)}`,
        },
      },
    );
    if (batch.length >= WRITES_A_BATCH || index === size - 1) {
      await environment.store.commit(batch);
      batch = [];
    }
  }
  return ids;
}
