import type { Json, JsonObject } from "../lib/json.ts";
import type { Fault } from "./fault.ts";

/** What can happen to a task (specification, section Lifecycle events), plus `skipped` for a false `if`. */
export type TaskMoment =
  | "created"
  | "started"
  | "suspended"
  | "resumed"
  | "retried"
  | "completed"
  | "faulted"
  | "cancelled"
  | "skipped";

/**
 * What happened to a task, in order. Derived data: replaying the events gives it again. Timeline, task list, lifecycle CloudEvents and the debugger are made of it.
 */
export interface TaskTrace {
  readonly at: number;
  readonly task: string;
  readonly pointer: string;
  readonly iterations: readonly number[];
  readonly attempt: number;
  readonly moment: TaskMoment;
  /** Raw input with `started`; transformed output with `completed`. */
  readonly input?: Json;
  readonly output?: Json;
  /** `$context` with `started`, shared with the state (never copied). */
  readonly context?: Json;
  readonly fault?: Fault;
  /** With `retried`: when the next attempt begins (epoch ms). */
  readonly retryAt?: number;
  /** With `started` of a listen task that correlates: that it does. With its `completed`: the values its correlations were bound to, by name. */
  readonly correlation?: JsonObject;
}
