import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { Command, StartChild } from "@stigmer/core/protocol/command.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import type { RunHeader, Waiting } from "@stigmer/core/protocol/state.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { ActivityRunner } from "../../activities/activity.ts";
import type { EventExpressions } from "../../events/event-expressions.ts";
import type { RunRow, Store, Write } from "../../store/ports.ts";

/*
 * All the engine has of the world. The simulation gives it other ports and runs the very same code: nothing in this folder but node-ports.ts reads a clock, draws a number or sets a timeout.
 */

/** Time: `nowMs` is the wall clock (epoch ms), `monotonicMs` never goes back while the process lives. */
export interface EngineClock {
  nowMs(): number;
  monotonicMs(): number;
}

/** A task to come that may be taken back. */
export interface Scheduled {
  cancel(): void;
}

/** Later: `soon` in the next turn of the event loop, `after` not before `delayMs` have passed. */
export interface EngineScheduler {
  soon(task: () => void): void;
  after(delayMs: number, task: () => void): Scheduled;
}

/** Chance, for nothing but spreading retries over time: a number in [0, 1). */
export interface EngineRandom {
  next(): number;
}

/** Immutable definitions by digest; undefined when there is none, which quarantines the run that needs it. */
export interface DefinitionSource {
  load(digest: string): Promise<WorkflowDocument | undefined>;
}

/**
 * Starts the child of a run: resolves its workflow and version, and starts it with `parent` set and with the given idempotency key, so that asking again after a crash finds the run
 * that is there. Rejects with ActivityFault where the workflow must see why it can not be started, with StoreUnavailable where asking again later makes sense.
 */
export interface ChildStarter {
  start(
    parent: RunRow,
    command: StartChild,
    idempotencyKey: string,
  ): Promise<{ readonly runId: string; readonly version: string }>;
}

/** Encrypts what a run's secrets are stored as; `aad` binds the text to its run. */
export interface SecretBox {
  seal(bytes: Uint8Array, aad: string): Uint8Array;
  open(bytes: Uint8Array, aad: string): Uint8Array;
}

/** Who wants to know. Called after durability, never awaited unless they return a promise that says so; what they throw is reported, never spread. */
export interface EngineHooks {
  /** Traces a run has just made: what lifecycle CloudEvents, metrics and logs are made of. */
  traces?(row: RunRow, traces: readonly TaskTrace[]): void;
  /** Events published through the engine, by clients and by `emit` tasks: what triggers listen to. Must be idempotent by source and id of the events. */
  published?(org: string, events: readonly JsonObject[]): Promise<void>;
  quarantined?(run: number, reason: string): void;
  /** The store has failed: the engine has stopped and only a new process may go on. */
  failed?(error: Error): void;
  /** Something unexpected that harmed one activity or hook only. */
  warn?(message: string, error: unknown): void;
}

/** Who counts and measures. Called after durability, for each run, activity and timer; must cost next to nothing and never throw. Times in seconds. */
export interface EngineMeter {
  executionStarted(): void;
  /** From its start to its end, by its last status. */
  executionEnded(status: string, seconds: number): void;
  /** A call went out and came back. */
  activityEnded(kind: string, seconds: number): void;
  taskRetried(): void;
  /** How long an activity waited for its turn. */
  scheduleToStart(seconds: number): void;
  timerFired(latenessSeconds: number): void;
  watchOpened(): void;
  watchClosed(): void;
  /** A watcher was slower than its run, and reads what it missed from the journal. */
  watchOverflowed(): void;
}

/** Who is told of the events of runs beside the runs that listen: schedules, and sinks elsewhere. Asked at every step, so the answers must be at hand. */
export interface EventOutlets {
  /** The lifecycle types a schedule of the organization may start from; undefined when there is none. */
  triggerTypes(org: string): ReadonlySet<string> | undefined;
  /** The lifecycle types a sink takes of the organization; undefined when there is none. */
  sinkTypes(org: string): ReadonlySet<string> | undefined;
  /** The writes that put an event of a run into the queues of the sinks that take it: committed with the step that made it. */
  sinkWrites(org: string, run: number, event: JsonObject): readonly Write[];
  /** The writes are durable: the sinks may send. */
  queued(writes: readonly Write[]): void;
}

/** A program as the interpreter compiled it: opaque, immutable, shared by all runs of a digest. */
export type RunProgram = object;

/** What one fact leads to. */
export interface StepResult {
  readonly state: RunHeader;
  readonly commands: readonly Command[];
  readonly trace: readonly TaskTrace[];
}

/** The pure state machine (core/interpreter), as the engine sees it. */
export interface Interpreter {
  compile(document: WorkflowDocument, digest: string): RunProgram;
  /** Takes ownership of `state`: it must not be used afterwards. */
  step(program: RunProgram, state: RunHeader | undefined, event: RunEvent): StepResult;
  /** Commands of the state that have not been answered: what recovery issues again. */
  outstanding(program: RunProgram, state: RunHeader): readonly Command[];
  waitingFor(program: RunProgram, state: RunHeader): readonly Waiting[];
  /** Why the control can not be applied now, in words; undefined when it can. */
  checkControl(program: RunProgram, state: RunHeader, event: RunEvent): string | undefined;
}

/** Everything the engine is given. */
export interface EnginePorts {
  readonly store: Store;
  readonly clock: EngineClock;
  readonly scheduler: EngineScheduler;
  readonly random: EngineRandom;
  readonly interpreter: Interpreter;
  readonly activities: ActivityRunner;
  readonly definitions: DefinitionSource;
  readonly children: ChildStarter;
  readonly secrets: SecretBox;
  readonly expressions: EventExpressions;
  readonly hooks: EngineHooks;
  readonly outlets?: EventOutlets;
  readonly meter?: EngineMeter;
}
