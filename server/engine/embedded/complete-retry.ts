import type { Json } from "@stigmer/core/lib/json.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import type { Retried } from "@stigmer/core/protocol/event.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { RunRow } from "../../store/ports.ts";
import type { ControlRequest } from "../engine.ts";

type Retry = Omit<Retried, "at">;

/** A control with all that it means; `asOf` is the record up to which that holds, where it would be wrong of a run that has gone on. */
export interface CompleteControl {
  readonly control: ControlRequest;
  readonly asOf?: number;
}

/**
 * A retry is complete in itself: the input and the context of its task come from the history unless the operator gives others. Without a pointer the task that faulted is meant, whose input the
 * run still has; which one that is, and whether there is one yet, only the row tells.
 */
export async function completeRetry(
  row: RunRow,
  control: Retry,
  trace: () => Promise<readonly TaskTrace[]>,
): Promise<CompleteControl> {
  const { pointer } = control;
  if (pointer !== undefined) return { control: { ...(await lastStart(pointer, control, trace)), ...control } };
  const faulted = row.fault === undefined ? undefined : (JSON.parse(row.fault) as Fault).instance;
  if (faulted === undefined || control.context !== undefined) return { control, asOf: row.head };
  const { context } = await lastStart(faulted, control, trace);
  return { control: { ...(context === undefined ? {} : { context }), ...control }, asOf: row.head };
}

/**
 * With what the task at a pointer was started last; nothing where it was created again since and never got to start. Within a fork the context is what all branches have made it: going back to
 * that of one task would lose what the others exported.
 */
async function lastStart(
  pointer: string,
  { iterations, input, context }: Retry,
  trace: () => Promise<readonly TaskTrace[]>,
): Promise<{ readonly input?: Json; readonly context?: Json }> {
  if (input !== undefined && context !== undefined) return {};
  const wanted = iterations?.join();
  const branches = new Set<string>();
  let start: { readonly input?: Json; readonly context?: Json } = {};
  for (const moment of await trace()) {
    const isBranch = moment.pointer.includes("/fork/branches/");
    const place = isBranch ? `${moment.pointer} ${moment.iterations.join()}` : "";
    if (isBranch && moment.moment === "started") branches.add(place);
    else if (isBranch && isOver(moment)) branches.delete(place);
    if (moment.pointer !== pointer || (wanted !== undefined && moment.iterations.join() !== wanted)) continue;
    if (moment.moment === "created") start = {};
    if (moment.moment !== "started") continue;
    start = {
      ...(moment.input === undefined ? {} : { input: moment.input }),
      ...(moment.context === undefined || branches.size > 0 ? {} : { context: moment.context }),
    };
  }
  return start;
}

function isOver({ moment }: TaskTrace): boolean {
  return moment === "completed" || moment === "faulted" || moment === "cancelled";
}
