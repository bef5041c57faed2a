import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { create } from "@bufbuild/protobuf";
import { ListWorkflowInstancesRequestSchema } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_instance_pb.ts";
import { FORCE_HEADER } from "../../pipeline/call-context.ts";
import { isSwitchedOn } from "../../pipeline/switch-header.ts";
import { inUse } from "../../pipeline/refusal.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf, type StoredResource } from "../../pipeline/stored-resource.ts";
import { PAGE_SIZE_MAX } from "../page-of-resources.ts";
import type { ResourcePorts } from "../ports.ts";
import { withinUnit } from "../in-process-call.ts";
import { OPEN_STATUSES } from "./get.ts";

/** What goes with a workflow. */
export interface Dependents {
  readonly instanceIds: readonly string[];
  readonly forced: boolean;
}

/**
 * Refuses to delete a workflow that has runs which have not ended, or instances beside its default one, unless the call is forced; then its runs are cancelled first. Adds what goes with
 * it as `dependents`.
 */
export function refuseWhileInUse(
  ports: ResourcePorts,
): Step<{ readonly existing: StoredResource<Workflow> }, { readonly dependents: Dependents }> {
  return step("RefuseWhileInUse", ["FAILED_PRECONDITION"], async ({ existing: { row, resource } }, scope) => {
    const forced = isSwitchedOn(scope.call, FORCE_HEADER);
    const instanceIds: string[] = [];
    let pageToken = "";
    do {
      const request = create(ListWorkflowInstancesRequestSchema, {
        workflowId: row.id,
        pageSize: PAGE_SIZE_MAX,
        pageToken,
      });
      const page = await ports.clients.workflowInstance.service.list(request, withinUnit(scope));
      instanceIds.push(...page.workflowInstances.map((instance) => metadataOf(instance).id));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    const others = instanceIds.filter((id) => id !== resource.status?.defaultInstanceId);
    if (others.length > 0 && !forced) {
      throw inUse(
        `Cannot delete Workflow "${row.id}": it has ${others.length} instances beside its default one, delete them first or delete with force`,
      );
    }
    const open = async (): Promise<readonly string[]> => {
      const { rows } = await scope.environment.store.runs.list({
        workflowId: row.id,
        statuses: OPEN_STATUSES,
        limit: PAGE_SIZE_MAX,
      });
      return rows.map(({ id }) => id);
    };
    for (let ids = await open(); ids.length > 0; ids = await open()) {
      if (!forced)
        throw inUse(
          `Cannot delete Workflow "${row.id}": it has runs that have not ended, cancel them first or delete with force`,
        );
      if (scope.unit.dryRun) break;
      for (const id of ids) await ports.engine().control(id, { type: "cancelled", reason: "its workflow was deleted" });
    }
    return { dependents: { instanceIds, forced } };
  });
}
