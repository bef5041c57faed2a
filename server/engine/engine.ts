import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { ControlEvent } from "@stigmer/core/protocol/event.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { Waiting } from "@stigmer/core/protocol/state.ts";
import type { RunChanges, RunRow, Write } from "../store/ports.ts";

/** What starting a run needs. The run row's `status`, `head`, `active`, `run` and times are the engine's to fill. */
export interface StartRun {
  readonly id: string;
  readonly org: string;
  readonly slug: string;
  readonly workflowId: string;
  readonly instanceId: string;
  readonly digest: string;
  readonly labels: { readonly [key: string]: string };
  readonly data: Uint8Array;
  readonly input: Json;
  /** Merged non-secret environment, `$env`. */
  readonly env: JsonObject;
  /** Merged secrets by name. The engine journals only their marked shapes, and stores the values through `secretWrites`. */
  readonly secrets: JsonObject;
  readonly idempotencyKey?: string;
  readonly parent?: { readonly run: number; readonly id: number; readonly runId: string };
  /** Writes that belong to the same request (for example an ExecutionContext): committed with the start, all or nothing. */
  readonly writes?: readonly Write[];
}

/** A run as the API shows it: its row, and what is derived from its state. */
export interface RunView {
  readonly row: RunRow;
  readonly context: Json;
  readonly waiting: readonly Waiting[];
}

/** One journalled fact, with what it made of tasks. */
export interface HistoryEntry {
  readonly seq: number;
  readonly at: number;
  readonly fact: JsonObject;
  readonly trace: readonly TaskTrace[];
}

/** One step of a watched run: the row after it and the trace it made; `position` is the journal sequence to resume from. */
export interface RunChange {
  readonly position: number;
  readonly row: RunRow;
  readonly trace: readonly TaskTrace[];
}

type WithoutTime<Event> = Event extends ControlEvent ? Omit<Event, "at"> : never;

/** An operator's control as requested: the engine gives it its time. */
export type ControlRequest = WithoutTime<ControlEvent>;

/** Why a request is refused: an illegal phase, an unknown task, no such run, stored data that is not what was written. Maps to FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND, DATA_LOSS. */
export class ControlRefused extends Error {
  override readonly name = "ControlRefused";
  readonly kind: "phase" | "argument" | "missing" | "damaged";

  constructor(kind: ControlRefused["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A durable execution engine. Every promise resolves once what it reports is durable. */
export interface Engine {
  /** Starts a run; with a known idempotency key returns the run that has it. Rejects with CommitConflict or StoreUnavailable. */
  start(request: StartRun): Promise<RunRow>;
  /**
   * Applies an operator's control. Rejects with ControlRefused. `outcome` is what the row is to say of it, in the same commit and instead of what the engine would: the report of a foreign runner
   * by which it has ended.
   */
  control(runId: string, control: ControlRequest, outcome?: RunChanges): Promise<RunRow>;
  /** Delivers CloudEvents of an organization to every subscription that matches, and to triggers; resolves when durable. */
  publish(org: string, events: readonly JsonObject[]): Promise<{ readonly deliveries: number }>;
  /** Present state, in words where people read it; undefined for an unknown run. */
  view(runId: string): Promise<RunView | undefined>;
  /** Task traces of the whole run so far (by replay for runs not in memory). */
  trace(runId: string): Promise<readonly TaskTrace[]>;
  /** Journal page from a sequence number on. */
  history(runId: string, fromSeq: number, limit: number): Promise<readonly HistoryEntry[]>;
  /** State after the given journal position: context, status, waiting, trace up to there. */
  stateAt(runId: string, seq: number): Promise<(RunView & { readonly trace: readonly TaskTrace[] }) | undefined>;
  /** Changes after a position, first the present state; ends after the terminal change. Gap-free: reads the journal when the watcher is behind. */
  watch(runId: string, fromPosition: number, signal: AbortSignal): AsyncIterable<RunChange>;
  /** The row of a run as soon as it has ended or is quarantined, at once when it has; undefined when the signal aborts or the engine stops first. Rejects with ControlRefused for an unknown run. */
  ended(runId: string, signal: AbortSignal): Promise<RunRow | undefined>;
  /** A run was deleted from the store: what it still has under way is cancelled, and nothing of it is remembered. */
  deleted(run: number): void;
  /** Stops taking work, lets running activities end for at most `drainMs`, and flushes. Runs stay as they are and go on at the next start. */
  stop(drainMs: number): Promise<void>;
}
