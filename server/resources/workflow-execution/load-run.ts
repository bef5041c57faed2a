import { ApiError } from "../../errors/api-error.ts";
import { idRequired, notFound } from "../../pipeline/refusal.ts";
import { type Step, step } from "../../pipeline/step.ts";
import type { RunReader, RunRow } from "../../store/ports.ts";

/** Loads the run that a request names by `value` or `execution_id`. Adds its row as `run`. */
export const loadRun: Step<
  { readonly valid: { readonly value: string } | { readonly executionId: string } },
  { readonly run: RunRow }
> = step("LoadTarget", ["INVALID_ARGUMENT", "NOT_FOUND"], async ({ valid }, { environment }) => {
  const id = "value" in valid ? valid.value : valid.executionId;
  if (id === "") throw idRequired("value" in valid ? "value" : "execution_id");
  return { run: await findRun(environment.store.runs, id) };
});

/** The row of a run. Throws NOT_FOUND `WorkflowExecution not found: <id>`. */
export async function findRun(runs: RunReader, id: string): Promise<RunRow> {
  const row = await runs.get(id);
  if (row === undefined) throw notFound("WorkflowExecution", id);
  return row;
}

/**
 * The lock under which a run's stored resource is read, changed and written back. The engine's commits take no version of the row as their condition, so that the end a foreign runner reports
 * would else write back the labels of before an update.
 */
export function runDataLock(id: string): string {
  return `data of run ${id}`;
}

/** Refuses what a quarantined run cannot do. */
export function refuseQuarantined({ status, id, reason }: RunRow): void {
  if (status !== "quarantined") return;
  throw new ApiError(
    "EXECUTION_QUARANTINED",
    `Cannot go on with run "${id}": it is quarantined (${reason ?? "its journal failed a check"}), restore it from a backup or delete it`,
  );
}
