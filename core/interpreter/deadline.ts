import { type CalendarDuration, addDuration, parseDuration } from "../lib/duration.ts";
import type { DurationSource } from "../tasks/scope.ts";
import { taskFault } from "../tasks/task-fault.ts";
import type { Evaluator } from "../tasks/evaluator.ts";
import type { Json } from "../lib/json.ts";

/** The instant a duration of the document after another (epoch ms); one that is evaluated must give a duration, anything else is an expression fault. */
export function deadline(duration: DurationSource, fromMs: number, value: (evaluator: Evaluator) => Json): number {
  return addDuration(fromMs, "known" in duration ? duration.known : evaluated(value(duration.evaluate)));
}

function evaluated(value: Json): CalendarDuration {
  const { duration, problem } = parseDuration(value);
  if (duration !== undefined) return duration;
  throw taskFault("expression", "Invalid duration", `Cannot use ${JSON.stringify(value)} as a duration: ${problem}`);
}
