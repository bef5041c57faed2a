import type { WorkflowDocument } from "../dsl/model.ts";
import { compileProgram } from "../interpreter/compile.ts";
import { checkControl } from "../interpreter/control.ts";
import type { Program } from "../interpreter/program.ts";
import type { RunState } from "../interpreter/run-state.ts";
import { step } from "../interpreter/step.ts";
import { waitingFor } from "../interpreter/waiting.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import { markedShape, withoutSecretMarkers } from "../lib/secret-marker.ts";
import { latestRelease } from "../lib/semver.ts";
import type { Command, StartActivity, StartChild, SubscribeMessages } from "../protocol/command.ts";
import type { ControlEvent, RunEvent } from "../protocol/event.ts";
import { type Fault, standardFault } from "../protocol/fault.ts";
import { type RunStatus, type Waiting, isTerminal } from "../protocol/state.ts";
import type { TaskTrace } from "../protocol/trace.ts";
import { passesFilters } from "./event-match.ts";
import { type MockAnswer, MockBook, type MockedCall, type Mocks } from "./mock.ts";

type WithoutTime<Event> = Event extends ControlEvent ? Omit<Event, "at"> : never;

/** What a simulated run is given. */
export interface Simulation {
  readonly document: WorkflowDocument;
  /** A document compiled before, where it is run more than once. */
  readonly program?: Program;
  readonly input?: Json;
  readonly env?: JsonObject;
  /** Secrets by name. As everywhere, the run sees markers in their place. */
  readonly secrets?: JsonObject;
  readonly runtime?: { readonly name: string; readonly version: string; readonly metadata: JsonObject };
  readonly mocks?: Mocks;
  /** Other workflows that `run: workflow` may start; those that are not among them need a mock. */
  readonly workflows?: readonly WorkflowDocument[];
  /** CloudEvents and when they come, in milliseconds after the start. What the run itself publishes comes back to it, too. */
  readonly events?: readonly { readonly afterMs: number; readonly event: JsonObject }[];
  /** What an operator does, and when. */
  readonly controls?: readonly { readonly afterMs: number; readonly control: WithoutTime<ControlEvent> }[];
  /** Epoch ms; default 2026-01-01T00:00:00Z. */
  readonly startAtMs?: number;
  /** Virtual time after which the simulation stops; default ten years. */
  readonly maxMs?: number;
  readonly runId?: string;
  /** Called after each fact with what followed from it; `before` is the status it found. */
  readonly observe?: (
    event: RunEvent,
    state: RunState,
    trace: readonly TaskTrace[],
    before: RunStatus | undefined,
    commands: readonly Command[],
  ) => void;
}

/** A call a run made. */
export interface SimulatedCall {
  readonly task: string;
  readonly pointer: string;
  readonly kind: StartActivity["kind"] | "workflow" | "subscribe";
  readonly arguments: JsonObject;
  readonly atMs: number;
  readonly attempt: number;
  readonly idempotencyKey?: string;
  /** It was cancelled before it answered. */
  cancelled: boolean;
}

/** How a simulated run ended, or where it stands when nothing more would ever happen. */
export interface SimulationResult {
  readonly status: RunStatus;
  readonly output?: Json;
  readonly fault?: Fault;
  readonly context: Json;
  readonly trace: readonly TaskTrace[];
  readonly calls: readonly SimulatedCall[];
  /** Names of the tasks that began, in order. */
  readonly path: readonly string[];
  readonly published: readonly JsonObject[];
  readonly elapsedMs: number;
  readonly waiting: readonly Waiting[];
  /** Why controls were refused, in order. */
  readonly refused: readonly string[];
  /** The facts of the run: replaying them gives the same. */
  readonly history: readonly RunEvent[];
  readonly state: RunState;
}

const DEFAULT_START_MS = 1_767_225_600_000;
const TEN_YEARS_MS = 315_360_000_000;
const STEPS_MAX = 100_000;

/**
 * Runs a workflow with a virtual clock and mocked calls: no time passes and nothing outside is touched, so that the same simulation always ends the same. Time moves on by itself to whatever comes
 * next; a run that waits for something that never comes ends the simulation as it is.
 *
 * @example simulate({ document, input: { id: 1 }, mocks: { getPet: { output: { name: "Milou" } } } }).output
 */
export function simulate(simulation: Simulation): SimulationResult {
  return new SimulatedWorld(simulation).run();
}

/** Something that will happen, unless the command it belongs to is taken back. */
interface Upcoming {
  readonly atMs: number;
  readonly order: number;
  readonly command?: number;
  readonly happen: () => void;
}

class SimulatedWorld {
  readonly #simulation: Simulation;
  readonly #program: Program;
  readonly #mocks: MockBook;
  readonly #runId: string;
  readonly #startMs: number;
  #now: number;
  #order = 0;
  #state: RunState | undefined;
  readonly #upcoming: Upcoming[] = [];
  readonly #history: RunEvent[] = [];
  readonly #trace: TaskTrace[] = [];
  readonly #calls: (SimulatedCall & { readonly id: number })[] = [];
  readonly #published: JsonObject[] = [];
  readonly #refused: string[] = [];

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#program = simulation.program ?? compileProgram(simulation.document);
    this.#mocks = new MockBook(simulation.mocks ?? {});
    this.#runId = simulation.runId ?? "run";
    this.#startMs = simulation.startAtMs ?? DEFAULT_START_MS;
    this.#now = this.#startMs;
  }

  run(): SimulationResult {
    const { events, controls, maxMs } = this.#simulation;
    for (const { afterMs, event } of events ?? []) this.#later(afterMs, () => this.#arrive(event));
    for (const { afterMs, control } of controls ?? [])
      this.#later(afterMs, () => this.#control({ ...control, at: this.#now } as ControlEvent));
    this.#take(this.#started());
    const endMs = this.#startMs + (maxMs ?? TEN_YEARS_MS);
    for (let steps = 0; steps < STEPS_MAX; steps += 1) {
      const next = this.#next();
      if (next === undefined || next.atMs > endMs) break;
      this.#now = Math.max(this.#now, next.atMs);
      next.happen();
    }
    return this.#result();
  }

  #started(): RunEvent {
    const { document, input, env, secrets, runtime } = this.#simulation;
    const { namespace, name, version } = document.document;
    return {
      type: "started",
      at: this.#now,
      runId: this.#runId,
      workflow: { namespace, name, version, digest: this.#program.digest },
      input: withoutSecretMarkers(input ?? {}),
      env: withoutSecretMarkers(env ?? {}),
      secrets: Object.fromEntries(
        Object.entries(secrets ?? {}).map(([secret, value]) => [secret, markedShape(value, [secret])]),
      ),
      runtime: runtime ?? { name: "stigmer", version: "simulation", metadata: {} },
    };
  }

  /** The earliest thing to come; of those at one time, the one that was known first. */
  #next(): Upcoming | undefined {
    let best = -1;
    for (const [index, candidate] of this.#upcoming.entries()) {
      const leader = this.#upcoming[best];
      if (
        leader === undefined ||
        candidate.atMs < leader.atMs ||
        (candidate.atMs === leader.atMs && candidate.order < leader.order)
      )
        best = index;
    }
    return best < 0 ? undefined : this.#upcoming.splice(best, 1)[0];
  }

  #later(afterMs: number, happen: () => void, command?: number): void {
    this.#order += 1;
    const base = command === undefined && this.#state === undefined ? this.#startMs : this.#now;
    this.#upcoming.push({
      atMs: base + afterMs,
      order: this.#order,
      happen,
      ...(command === undefined ? {} : { command }),
    });
  }

  #take(event: RunEvent): void {
    this.#history.push(event);
    const before = this.#state?.status;
    const { state, commands, trace } = step(this.#program, this.#state, event);
    this.#state = state;
    this.#trace.push(...trace);
    this.#simulation.observe?.(event, state, trace, before, commands);
    for (const command of commands) this.#carryOut(command);
  }

  #carryOut(command: Command): void {
    switch (command.type) {
      case "startActivity":
      case "startChild":
        this.#call(command);
        return;
      case "subscribe":
        if (command.source === "asyncapi") this.#call(command);
        return;
      case "setTimer": {
        const { id, dueAt } = command;
        this.#later(Math.max(0, dueAt - this.#now), () => this.#take({ type: "timerFired", at: this.#now, id }), id);
        return;
      }
      case "cancelActivity":
      case "clearTimer":
      case "unsubscribe":
      case "cancelChild":
        this.#takeBack(command.id);
        return;
      case "publish":
        this.#publish(withoutSecretMarkers(command.event));
        return;
      case "yield":
        this.#later(0, () => this.#take({ type: "continued", at: this.#now }));
        return;
      case "complete":
      case "fail":
      case "cancel":
        return;
    }
  }

  #takeBack(id: number): void {
    for (let index = this.#upcoming.length - 1; index >= 0; index -= 1)
      if (this.#upcoming[index]?.command === id) this.#upcoming.splice(index, 1);
    const call = this.#calls.find((candidate) => candidate.id === id);
    if (call !== undefined) call.cancelled = true;
  }

  #call(command: MockedCall): void {
    const { task } = command;
    this.#calls.push({
      id: command.id,
      task: task.name,
      pointer: task.pointer,
      kind: command.type === "startActivity" ? command.kind : command.type === "startChild" ? "workflow" : "subscribe",
      arguments: command.type === "startChild" ? childArguments(command) : command.arguments,
      atMs: this.#now - this.#startMs,
      attempt: task.attempt,
      ...(command.type === "startActivity" ? { idempotencyKey: command.idempotencyKey } : {}),
      cancelled: false,
    });
    const answer = this.#mocks.answer(command) ?? this.#withoutMock(command);
    if (command.type === "subscribe") this.#stream(command, answer);
    else if (answer.never !== true)
      this.#later(answer.delayMs ?? 0, () => this.#take(this.#answer(command, answer)), command.id);
    if (command.type !== "startChild") return;
    const version =
      command.version === "latest" ? (this.#child(command)?.document.version ?? "latest") : command.version;
    this.#take({ type: "childStarted", at: this.#now, id: command.id, runId: `${this.#runId}-${command.id}`, version });
  }

  #answer(command: StartActivity | StartChild, answer: MockAnswer): RunEvent {
    const { id } = command;
    const child = command.type === "startChild";
    if (answer.error !== undefined)
      return { type: child ? "childFailed" : "activityFailed", at: this.#now, id, fault: answer.error };
    return { type: child ? "childCompleted" : "activityCompleted", at: this.#now, id, output: answer.output ?? null };
  }

  #stream(
    { id }: SubscribeMessages,
    { messages = [], everyMs = 0, delayMs = 0, never = false, open = never, error }: MockAnswer,
  ): void {
    for (const [index, message] of messages.entries()) {
      this.#later(
        delayMs + index * everyMs,
        () => this.#take({ type: "eventDelivered", at: this.#now, id, event: message }),
        id,
      );
    }
    if (open) return;
    const ended = { type: "subscriptionEnded", id, ...(error === undefined ? {} : { fault: error }) } as const;
    this.#later(delayMs + messages.length * everyMs, () => this.#take({ ...ended, at: this.#now }), id);
  }

  /** What a call without mock gets: a child workflow that was given runs; a noop does nothing; anything else is a fault that says what to do. */
  #withoutMock(command: MockedCall): MockAnswer {
    if (command.type === "startActivity" && command.kind === "noop")
      return { output: command.arguments["value"] ?? null };
    const document = command.type === "startChild" ? this.#child(command) : undefined;
    if (command.type !== "startChild" || document === undefined) {
      const detail = `Cannot simulate "${command.task.name}": it has no mock, there should be one for "${command.task.name}" or "${command.task.pointer}"`;
      return { error: standardFault("configuration", "No mock", detail) };
    }
    const result = simulate({
      ...this.#simulation,
      document,
      program: compileProgram(document),
      input: command.input,
      events: [],
      controls: [],
      startAtMs: this.#now,
      runId: `${this.#runId}-${command.id}`,
      observe: () => undefined,
    });
    this.#published.push(...result.published);
    // Secrets of the one are no secrets of the other.
    if (result.status === "completed")
      return { output: withoutSecretMarkers(result.output ?? null), delayMs: result.elapsedMs };
    if (result.fault !== undefined) {
      const fault = withoutSecretMarkers(result.fault as unknown as Json) as unknown as Fault;
      return { error: fault, delayMs: result.elapsedMs };
    }
    return { never: true };
  }

  #child({ namespace, name, version }: StartChild): WorkflowDocument | undefined {
    const candidates = (this.#simulation.workflows ?? []).filter(
      ({ document }) => document.namespace === namespace && document.name === name,
    );
    const wanted = version === "latest" ? latestRelease(candidates.map(({ document }) => document.version)) : version;
    return candidates.find(({ document }) => document.version === wanted);
  }

  #publish(event: JsonObject): void {
    this.#published.push(event);
    this.#later(0, () => this.#arrive(event));
  }

  #arrive(given: JsonObject): void {
    const event = withoutSecretMarkers(given);
    const subscription = this.#state?.inbox.subscription ?? null;
    if (subscription === null || !passesFilters(subscription.filters, event)) return;
    this.#take({ type: "eventDelivered", at: this.#now, id: subscription.id, event });
  }

  #control(given: ControlEvent): void {
    const event = withoutSecretMarkers(given as unknown as Json) as unknown as ControlEvent;
    const refused =
      this.#state === undefined ? "the run has not started" : checkControl(this.#program, this.#state, event);
    if (refused !== undefined) this.#refused.push(refused);
    else this.#take(event);
  }

  #result(): SimulationResult {
    const state = this.#state;
    if (state === undefined) throw new Error("assertion: a simulated run has started");
    const { status, output, fault, context } = state;
    return {
      status,
      ...(output === undefined ? {} : { output }),
      ...(fault === undefined ? {} : { fault }),
      context,
      trace: this.#trace,
      calls: this.#calls.map(({ id: _id, ...call }) => call),
      path: this.#trace.filter(({ moment }) => moment === "started").map(({ task }) => task),
      published: this.#published,
      elapsedMs: (isTerminal(status) ? (state.endedAt ?? this.#now) : this.#now) - this.#startMs,
      waiting: waitingFor(this.#program, state),
      refused: this.#refused,
      history: this.#history,
      state,
    };
  }
}

function childArguments({ namespace, name, version, input }: StartChild): JsonObject {
  return { namespace, name, version, input };
}
