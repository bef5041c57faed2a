import type { Json, JsonObject } from "../lib/json.ts";
import type { Fault } from "./fault.ts";

/*
 * What a run wishes. A host carries a command out only after the fact that caused it is durable. Ids are unique within a run and never reused.
 */

/** Kinds of activity a host may know; one file each in server/activities. `resource` fetches an external resource (function, schema) as JSON or text; `noop` is recorded and does nothing. */
export type ActivityKind =
  | "http"
  | "grpc"
  | "openapi"
  | "asyncapi"
  | "mcp"
  | "a2a"
  | "script"
  | "shell"
  | "container"
  | "resource"
  | "noop";

/** Where in the document and in which repetition a command comes from. */
export interface TaskPosition {
  readonly name: string;
  /** RFC 6901 pointer into the document. */
  readonly pointer: string;
  /** Indices of the enclosing iterations, outermost first; empty outside loops. */
  readonly iterations: readonly number[];
  /** 1 for the first try; grows with each retry of an enclosing `try`. */
  readonly attempt: number;
}

/** Do something outside and answer with activityCompleted or activityFailed. */
export interface StartActivity {
  readonly type: "startActivity";
  readonly id: number;
  readonly kind: ActivityKind;
  /** Evaluated arguments of the task (`with`, `run.script`, ...), references to `use` resolved; may hold secret markers and `{use: "<secret>"}` credentials. */
  readonly arguments: JsonObject;
  readonly task: TaskPosition;
  /** Stable over crashes and retries: `<runId>/<pointer>/<iterations and visits>`. Sent as Idempotency-Key. */
  readonly idempotencyKey: string;
  /** `at-most-once`: the host records the intent first and fails with "outcome unknown" rather than repeat after a crash. */
  readonly delivery: "at-least-once" | "at-most-once";
}

/** Stop an activity; its result, should it still come, is dropped. */
export interface CancelActivity {
  readonly type: "cancelActivity";
  readonly id: number;
}

/** Answer with timerFired at or after `dueAt` (epoch ms). */
export interface SetTimer {
  readonly type: "setTimer";
  readonly id: number;
  readonly dueAt: number;
}

/** The timer is no longer wanted. */
export interface ClearTimer {
  readonly type: "clearTimer";
  readonly id: number;
}

/** One CloudEvent attribute's demand: equality, an anchored regular expression, or a jq predicate with the attribute's value (or the data) as `.`. */
export type AttributeMatch = { readonly equals: Json } | { readonly pattern: string } | { readonly expression: string };

/** A filter a host matches CloudEvents against; all conditions hold. `data` is an attribute like the others. */
export interface EventFilter {
  readonly with: { readonly [attribute: string]: AttributeMatch };
  /** Correlations whose expected value is known: the jq expression `from` on the event must equal `equals`. */
  readonly correlate?: readonly { readonly from: string; readonly equals: Json }[];
}

/** Deliver matching CloudEvents from now on. A run with listen tasks subscribes at its start, so that nothing is lost before the task is reached. */
export interface SubscribeEvents {
  readonly type: "subscribe";
  readonly id: number;
  readonly source: "events";
  /** Any of these. */
  readonly filters: readonly EventFilter[];
}

/** Consume messages of an AsyncAPI operation; each is delivered as eventDelivered. */
export interface SubscribeMessages {
  readonly type: "subscribe";
  readonly id: number;
  readonly source: "asyncapi";
  readonly arguments: JsonObject;
  readonly task: TaskPosition;
}

/** End a subscription. */
export interface Unsubscribe {
  readonly type: "unsubscribe";
  readonly id: number;
}

/** Start a run of another workflow of the same organization. */
export interface StartChild {
  readonly type: "startChild";
  readonly id: number;
  readonly namespace: string;
  readonly name: string;
  /** An exact version or `latest`: the host pins it and answers with childStarted. */
  readonly version: string;
  readonly input: Json;
  /** When false the host answers childStarted only. */
  readonly await: boolean;
  readonly task: TaskPosition;
}

/** Cancel an awaited child run. */
export interface CancelChild {
  readonly type: "cancelChild";
  readonly id: number;
}

/** Publish a CloudEvent; its `id` is derived from the run and the command, so that a repeat is recognisable. */
export interface Publish {
  readonly type: "publish";
  readonly id: number;
  readonly event: JsonObject;
}

/** Give the thread back and come again with `continued`. */
export interface Yield {
  readonly type: "yield";
}

/** The run completed. */
export interface Complete {
  readonly type: "complete";
  readonly output: Json;
}

/** The run faulted. */
export interface Fail {
  readonly type: "fail";
  readonly fault: Fault;
}

/** The run was cancelled. */
export interface Cancel {
  readonly type: "cancel";
  readonly reason?: string;
}

/** Everything a run may wish. */
export type Command =
  | StartActivity
  | CancelActivity
  | SetTimer
  | ClearTimer
  | SubscribeEvents
  | SubscribeMessages
  | Unsubscribe
  | StartChild
  | CancelChild
  | Publish
  | Yield
  | Complete
  | Fail
  | Cancel;
