import type { Json } from "../lib/json.ts";
import type { DurationSource } from "../tasks/scope.ts";
import { evaluate, sites } from "./arguments.ts";
import { deadline } from "./deadline.ts";
import type { Turn } from "./turn.ts";

/** Role of the timer of a task's timeout. */
export const TIMEOUT = "@timeout";

/** Role of the timer of the workflow's timeout. */
export const WORKFLOW_TIMEOUT = "@workflow-timeout";

/** Starts the timer of a task's timeout, or of the workflow's (slot undefined); its duration may be an expression over the transformed input. */
export function startTimeout(turn: Turn, slot: number | undefined, duration: DurationSource, input: Json): void {
  const place =
    slot === undefined ? { site: sites.workflowInput } : { site: sites.definition, frame: turn.taskFrame(slot) };
  const dueAt = deadline(duration, turn.now, (evaluator) => evaluate(turn, evaluator, input, place));
  turn.issue(slot ?? -1, { role: slot === undefined ? WORKFLOW_TIMEOUT : TIMEOUT, type: "setTimer", dueAt });
}
