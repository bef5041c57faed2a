import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityKind, TaskPosition } from "@stigmer/core/protocol/command.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";

/** Tells that an activity is to stop: what of AbortSignal is needed to listen to it. Making and hearing one of Node's own was 3 % of the processor where a run makes ten calls. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What an activity is given beside its arguments. */
export interface ActivityContext {
  readonly runId: string;
  readonly org: string;
  readonly task: TaskPosition;
  /** Sent as `Idempotency-Key` wherever the protocol can carry it; the same over crashes and retries. */
  readonly idempotencyKey: string;
  /** W3C trace context to propagate, where tracing is on. */
  readonly traceparent?: string;
  /** Aborts when the task is cancelled or times out, or the server stops. */
  readonly stop: StopSignal;
  /** The same as Node's own signal, for libraries that want one; made when it is asked for. */
  readonly signal: AbortSignal;
  /** Value of a secret of this run by its path; undefined when there is none. Never put it into a result, an error or a log. */
  secret(path: readonly string[]): Json | undefined;
}

/** How an activity fails: with a fault of the workflow. Anything else thrown is a runtime fault of the activity and is logged. */
export class ActivityFault extends Error {
  override readonly name = "ActivityFault";
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.detail ?? fault.title ?? fault.type);
    this.fault = fault;
  }
}

/** One protocol or kind of process. `input` holds the evaluated arguments with secrets already in place of their markers. */
export interface Activity {
  readonly kind: ActivityKind;
  run(input: JsonObject, context: ActivityContext): Promise<Json>;
}

/** A long-lived consumer of messages (AsyncAPI subscriptions). `deliver` resolves once the message is durable; only then may it be acknowledged to its broker. */
export interface MessageSource {
  consume(input: JsonObject, context: ActivityContext, deliver: (message: JsonObject) => Promise<void>): Promise<void>;
}

/** Carries out activities for an engine: looks up the kind, puts secrets in place of markers, redacts results. */
export interface ActivityRunner {
  run(kind: ActivityKind, input: JsonObject, context: ActivityContext): Promise<Json>;
  consume(input: JsonObject, context: ActivityContext, deliver: (message: JsonObject) => Promise<void>): Promise<void>;
}
