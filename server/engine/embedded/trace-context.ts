import { hash } from "node:crypto";
import type { StartActivity } from "@stigmer/core/protocol/command.ts";

/**
 * W3C trace context of a call. All calls of a run are one trace, each attempt of a task is a span of it. It follows from journaled ids alone, so that a call repeated after a crash is the same
 * span, and anybody who knows the id of a run finds its trace. `share` of the traces (0 to 1) are marked as kept, always the same ones.
 */
export function traceparentOf(
  runId: string,
  { idempotencyKey, task }: Pick<StartActivity, "idempotencyKey" | "task">,
  share: number,
): string {
  const trace = hash("sha256", runId, "hex").slice(0, 32);
  const span = hash("sha256", `${idempotencyKey} ${String(task.attempt)}`, "hex").slice(0, 16);
  const kept = Number.parseInt(trace.slice(0, 8), 16) / 2 ** 32 < share;
  return `00-${trace}-${span}-${kept ? "01" : "00"}`;
}
