import type { Json } from "@stigmer/core/lib/json.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import type { Retried } from "@stigmer/core/protocol/event.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { RunRow } from "../../store/ports.ts";

/**
 * A retry is complete in itself: the input and the context of its task come from the history unless the operator gives others. Without a pointer the task that faulted is meant.
 */
export async function completeRetry(
  row: RunRow,
  control: Omit<Retried, "at">,
  trace: () => Promise<readonly TaskTrace[]>,
): Promise<Omit<Retried, "at">> {
  if (control.input !== undefined && control.context !== undefined) return control;
  const fault = row.fault === undefined ? undefined : (JSON.parse(row.fault) as Fault);
  const pointer = control.pointer ?? fault?.instance;
  if (pointer === undefined) return control;
  const iterations = control.iterations?.join();
  let input: Json | undefined;
  let context: Json | undefined;
  for (const moment of await trace()) {
    if (moment.moment !== "started" || moment.pointer !== pointer) continue;
    if (iterations !== undefined && moment.iterations.join() !== iterations) continue;
    ({ input, context } = moment);
  }
  return { ...(input === undefined ? {} : { input }), ...(context === undefined ? {} : { context }), ...control };
}
