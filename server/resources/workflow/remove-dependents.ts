import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import type { RunRow } from "../../store/ports.ts";
import { type Step, type StepScope, step } from "../../pipeline/step.ts";
import type { StoredResource } from "../../pipeline/stored-resource.ts";
import { withinUnit } from "../in-process-call.ts";
import type { ResourcePorts } from "../ports.ts";
import { removeRun } from "../../engine/embedded/retention.ts";
import type { Dependents } from "./refuse-while-in-use.ts";
import { scheduleWrites } from "./record-schedule.ts";

/** Ended runs that go in the same commit as their workflow; if there are more, those go first, in commits of their own. */
const RUNS_IN_BATCH_MAX = 500;

/** Stages the removal of all that belongs to a workflow: its instances, through their own service, its versions and its ended runs. */
export function removeDependents(
  ports: ResourcePorts,
): Step<
  { readonly existing: StoredResource<Workflow>; readonly dependents: Dependents },
  { readonly lastRuns: readonly RunRow[] }
> {
  return step("RemoveDependents", [], async ({ existing: { row }, dependents }, scope) => {
    for (const value of dependents.instanceIds) {
      await ports.clients.workflowInstance.command.delete({ value }, withinUnit(scope));
    }
    scope.unit.add({ op: "requireNoActiveRuns", workflowId: row.id });
    scope.unit.add({ op: "deleteDefinitions", workflowId: row.id });
    for (const write of scheduleWrites(row.id, undefined)) scope.unit.add(write);
    const runs = await lastRuns(ports, row.id, scope);
    for (const { run } of runs) for (const write of removeRun(run)) scope.unit.add(write);
    return { lastRuns: runs };
  });
}

/** Has the engine cancel what the removed runs still had under way, once they are gone. */
export function cancelWorkOfRemoved(
  ports: ResourcePorts,
): Step<{ readonly lastRuns: readonly RunRow[] }, { readonly workCancelled: true }> {
  return step("CancelWorkOfRemoved", [], async ({ lastRuns: runs }, { unit }) => {
    if (!unit.dryRun) for (const { run } of runs) ports.engine().deleted(run);
    return { workCancelled: true };
  });
}

/** The runs that are left after all but the last batch of ended ones are removed. */
async function lastRuns(
  ports: ResourcePorts,
  workflowId: string,
  { environment, unit }: StepScope,
): Promise<readonly RunRow[]> {
  for (;;) {
    const { rows, next } = await environment.store.runs.list({ workflowId, limit: RUNS_IN_BATCH_MAX });
    if (next === undefined || unit.dryRun) return rows;
    await environment.store.commit(rows.flatMap(({ run }) => removeRun(run)));
    for (const { run } of rows) ports.engine().deleted(run);
  }
}
