import type { TaskDefinition } from "@stigmer/core/dsl/model.ts";
import type { Json } from "@stigmer/core/lib/json.ts";

/** What an operator does to a run that stands at a task which nothing else gets past. */
export interface Hold {
  /** The output of the task when it is skipped, or the input of the task that is jumped to. */
  readonly output: Json;
  /** Replaces the context before that. */
  readonly context?: Json;
  /** `<index>/<name>` of a later task of the same list to go on at. */
  readonly jumpTo?: string;
}

/** A task that waits for an event which never comes, with a note for the operator. */
export function holdTask(hold: Hold): TaskDefinition {
  return { listen: { to: { one: { with: { type: "sim.never" } } } }, metadata: { hold: hold as unknown as Json } };
}

/** The note of a hold; undefined for any other task. */
export function holdOf(task: TaskDefinition | undefined): Hold | undefined {
  return task?.metadata?.["hold"] as unknown as Hold | undefined;
}
