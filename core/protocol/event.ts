import type { Json, JsonObject } from "../lib/json.ts";
import type { Fault } from "./fault.ts";

/*
 * The facts that drive a run. A host journals each before (or with) the commands that follow from it; replaying them in order gives the same state, commands and trace, always.
 * `at` is the time of the fact in epoch milliseconds: the interpreter has no other clock. `id` names the command the fact answers.
 */

/** Which workflow a run executes; the digest pins the definition. */
export interface WorkflowIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

/** The run begins. Everything the run may read from outside is in here, so that replay needs nothing else. */
export interface Started {
  readonly type: "started";
  readonly at: number;
  readonly runId: string;
  readonly workflow: WorkflowIdentity;
  readonly input: Json;
  /** Non-secret environment variables, `$env`. */
  readonly env: JsonObject;
  /** Shapes of the secrets that exist: leaves are secret markers (lib/secret-marker.ts), never values. */
  readonly secrets: JsonObject;
  /** `$runtime`. */
  readonly runtime: { readonly name: string; readonly version: string; readonly metadata: JsonObject };
  /** Where lifecycle events and children say they come from; absent for a root run. */
  readonly parent?: { readonly runId: string; readonly id: number };
}

/** An activity ended well; `output` is its result before the task's own `output.as`. */
export interface ActivityCompleted {
  readonly type: "activityCompleted";
  readonly at: number;
  readonly id: number;
  readonly output: Json;
}

/** An activity ended in a fault, or its outcome can not be known (at-most-once delivery over a crash). */
export interface ActivityFailed {
  readonly type: "activityFailed";
  readonly at: number;
  readonly id: number;
  readonly fault: Fault;
}

/** A timer is due; `at` is never before its due time. */
export interface TimerFired {
  readonly type: "timerFired";
  readonly at: number;
  readonly id: number;
}

/** A CloudEvent (or a message of a protocol subscription) for a subscription of this run. Delivered at most once for each subscription and event. */
export interface EventDelivered {
  readonly type: "eventDelivered";
  readonly at: number;
  readonly id: number;
  readonly event: JsonObject;
}

/** A protocol subscription ended: by its peer (no fault) or by a failure. */
export interface SubscriptionEnded {
  readonly type: "subscriptionEnded";
  readonly at: number;
  readonly id: number;
  readonly fault?: Fault;
}

/** The host started a child run and pinned its version. */
export interface ChildStarted {
  readonly type: "childStarted";
  readonly at: number;
  readonly id: number;
  readonly runId: string;
  readonly version: string;
}

/** An awaited child run ended well. */
export interface ChildCompleted {
  readonly type: "childCompleted";
  readonly at: number;
  readonly id: number;
  readonly output: Json;
}

/** An awaited child run faulted, was cancelled, or could not be started. */
export interface ChildFailed {
  readonly type: "childFailed";
  readonly at: number;
  readonly id: number;
  readonly fault: Fault;
}

/** Answers the `yield` command: a long computation goes on, so that cancellation and timeouts can come between. */
export interface Continued {
  readonly type: "continued";
  readonly at: number;
}

/** Operator: stop issuing new work; running activities may end, their results wait. */
export interface Suspended {
  readonly type: "suspended";
  readonly at: number;
  readonly reason?: string;
}

/** Operator: go on after `suspended`. */
export interface Resumed {
  readonly type: "resumed";
  readonly at: number;
  readonly reason?: string;
}

/** Operator: end the run now; everything under way is cancelled. */
export interface Cancelled {
  readonly type: "cancelled";
  readonly at: number;
  readonly reason?: string;
}

/**
 * Operator: run again from a task, of a faulted, cancelled, completed or running run. Without `pointer`: from the task that faulted. `input` is the task's raw input and `context` the `$context`
 * to start from; the host takes them from the history unless the operator edits them, so the event is complete in itself.
 */
export interface Retried {
  readonly type: "retried";
  readonly at: number;
  readonly pointer?: string;
  readonly iterations?: readonly number[];
  readonly input?: Json;
  readonly context?: Json;
  readonly reason?: string;
}

/** Operator: treat the task now waiting (or faulted) at `pointer` as completed with `output` (default: its input). */
export interface Skipped {
  readonly type: "skipped";
  readonly at: number;
  readonly pointer: string;
  readonly output?: Json;
  readonly reason?: string;
}

/** Operator: leave what is under way in the target's scope and go on at the task at `pointer`. */
export interface Jumped {
  readonly type: "jumped";
  readonly at: number;
  readonly pointer: string;
  readonly input?: Json;
  readonly reason?: string;
}

/** Operator: replace `$context`. */
export interface Patched {
  readonly type: "patched";
  readonly at: number;
  readonly context: Json;
  readonly reason?: string;
}

/** What an operator may do to a run. */
export type ControlEvent = Suspended | Resumed | Cancelled | Retried | Skipped | Jumped | Patched;

/** Every fact a run is made of. */
export type RunEvent =
  | Started
  | ActivityCompleted
  | ActivityFailed
  | TimerFired
  | EventDelivered
  | SubscriptionEnded
  | ChildStarted
  | ChildCompleted
  | ChildFailed
  | Continued
  | ControlEvent;

const CONTROLS: ReadonlySet<string> = new Set<ControlEvent["type"]>([
  "suspended",
  "resumed",
  "cancelled",
  "retried",
  "skipped",
  "jumped",
  "patched",
]);

/** Tells whether an event is an operator's. */
export function isControl(event: RunEvent): event is ControlEvent {
  return CONTROLS.has(event.type);
}
