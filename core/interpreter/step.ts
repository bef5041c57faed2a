import { keep, isRepeated, listeners, subscribe } from "./inbox.ts";
import { ControlError, applyControl, checkControl } from "./control.ts";
import { FrameRun } from "./frame-run.ts";
import { Machine } from "./machine.ts";
import type { Program } from "./program.ts";
import { type Pending, type RunState, newRunState } from "./run-state.ts";
import { Turn } from "./turn.ts";
import type { JsonObject } from "../lib/json.ts";
import type { Command } from "../protocol/command.ts";
import {
  type ChildStarted,
  type ControlEvent,
  type EventDelivered,
  isControl,
  type RunEvent,
} from "../protocol/event.ts";
import type { Fault } from "../protocol/fault.ts";
import { isTerminal } from "../protocol/state.ts";
import type { TaskTrace } from "../protocol/trace.ts";
import type { Answer } from "../tasks/task-type.ts";

/*
 * Theory of operation.
 *
 * A run is a tree of frames: a list frame for each list of tasks under way, a task frame for each task. A list frame has at most one child, the task that runs now; a task frame has a child for
 * each list (or branch, or function) that runs below it. Frames lie in the slots of a table, which is plain JSON; the queue `ready` holds the slots that can go on.
 *
 * An event finds the frame it answers through the command it names (`pending`), or changes the tree as a whole (controls). What the frame answers is an `Outcome`, which the machine carries out:
 * it makes and ends frames, issues and takes back commands, and says which slot goes on. Then everything that can go on does, one transition at a time, until all frames wait. So a step takes
 * exactly the consequences of one fact, and two hosts that feed the same facts have the same state, commands and trace.
 *
 * Around the body of each task lies its data flow: `if`, input.schema, input.from, [extensions before], the body, output.as, output.schema, export.as, export.schema, [extensions after]. The
 * body is the matter of the task's type (core/tasks), which knows nothing of frames.
 *
 * A fault looks for a task that handles it before anything is ended: if nobody does, the whole tree stays as it is, without commands, and an operator can have it go on.
 *
 * Nothing here reads a clock or a random source; every time is the event's own.
 */

/** What a step gives back. The state is the one given, changed in place. */
export interface StepResult {
  readonly state: RunState;
  readonly commands: Command[];
  readonly trace: TaskTrace[];
  /** Why a control was refused: the state is unchanged then. Hosts ask `checkControl` first. */
  readonly refused?: ControlError;
}

/**
 * Takes a run one fact further. Pure but for the state, which it takes over and changes in place; the same for the same program, state and event. Faults of the workflow are data; what it throws
 * is a fault of ours or of the host (an event that does not fit the run).
 */
export function step(program: Program, state: RunState | undefined, event: RunEvent): StepResult {
  if (state === undefined) {
    if (event.type !== "started")
      throw new Error(`assertion: the first fact of a run is "started", not "${event.type}"`);
    const turn = new Turn(
      program,
      newRunState(
        event,
        program.listens.map(({ pointer }) => pointer),
      ),
      event.at,
    );
    const machine = new Machine(turn);
    machine.resume(machine.guarded(-1, () => machine.begin()));
    return finish(turn, machine);
  }
  const turn = new Turn(program, state, event.at);
  if (isControl(event)) {
    const refused = checkControl(program, state, event);
    if (refused !== undefined) return { state, commands: [], trace: [], refused: new ControlError(refused) };
  }
  const machine = new Machine(turn);
  handle(turn, machine, event);
  return finish(turn, machine);
}

function finish(turn: Turn, machine: Machine): StepResult {
  const { state } = turn;
  machine.drain();
  if (!turn.stopped) state.status = isBusy(state) ? "running" : "waiting";
  if (state.inbox.changed) subscribe(turn, isTerminal(state.status));
  return { state, commands: turn.commands, trace: turn.trace };
}

/** Something is under way that is no waiting: an activity, or a computation. */
function isBusy(state: RunState): boolean {
  if (state.ready.length > 0 || state.yielded) return true;
  for (const id in state.pending) {
    const pending = state.pending[id];
    if (pending?.command.type === "startActivity" && pending.role !== "@detached") return true;
  }
  return false;
}

function handle(turn: Turn, machine: Machine, event: RunEvent): void {
  const { state } = turn;
  if (event.type === "started") throw new Error('assertion: a run has one fact "started"');
  if (isControl(event)) {
    applyControl(turn, machine, event);
    if (event.type === "resumed") for (const held of state.held.splice(0)) handle(turn, machine, held);
    return;
  }
  if (event.type === "continued") {
    state.yielded = false;
    return;
  }
  if (event.type === "childStarted") {
    childStarted(state, event);
    return;
  }
  if (state.status === "suspended") {
    hold(state, event);
    return;
  }
  const pending = state.pending[event.id];
  if (event.type === "eventDelivered" && pending === undefined) {
    if (!isTerminal(state.status)) deliver(turn, machine, event);
    return;
  }
  if (pending === undefined) return;
  const answer = answerFrom(event, pending);
  if (answer.type !== "message") forget(turn, event.id, pending);
  if (pending.role === "@detached") return;
  machine.resume(machine.guarded(pending.frame, () => machine.answer(pending.frame, answer)));
}

/** Which run a child is. Nothing follows from it, so it is not held while the run is suspended: what was not awaited would be started again. */
function childStarted(state: RunState, { id, runId, version }: ChildStarted): void {
  const pending = state.pending[id];
  if (pending === undefined) return;
  if (pending.frame < 0) delete state.pending[id];
  else pending.child = { runId, version };
}

/** Keeps a fact that came while the run was suspended; its command is answered, so nobody issues it again. */
function hold(
  state: RunState,
  event: Exclude<RunEvent, { readonly type: "started" | "continued" | "childStarted" }>,
): void {
  if (!("id" in event)) return;
  const pending = state.pending[event.id];
  if (pending === undefined && event.type !== "eventDelivered") return;
  if (pending !== undefined && event.type !== "eventDelivered") pending.answered = true;
  state.held.push(event);
}

function forget(turn: Turn, id: number, pending: Pending): void {
  delete turn.state.pending[id];
  if (pending.frame < 0) return;
  const { commands } = turn.taskFrame(pending.frame);
  const index = commands.indexOf(id);
  if (index >= 0) commands.splice(index, 1);
}

type AnswerEvent = Exclude<RunEvent, ControlEvent | { readonly type: "started" | "continued" | "childStarted" }>;

function answerFrom(event: AnswerEvent, { role }: Pending): Answer {
  switch (event.type) {
    case "activityCompleted":
    case "childCompleted":
      return { type: "completed", role, output: event.output };
    case "activityFailed":
    case "childFailed":
      return { type: "failed", role, fault: withoutInstance(event.fault) };
    case "timerFired":
      return { type: "fired", role };
    case "eventDelivered":
      return { type: "message", role, message: event.event };
    case "subscriptionEnded":
      return event.fault === undefined
        ? { type: "ended", role }
        : { type: "failed", role, fault: withoutInstance(event.fault) };
  }
}

/** Where a fault comes from is told by the task, not by the host, which may speak of another document. */
function withoutInstance({ instance: _instance, ...fault }: Fault): Fault {
  return fault;
}

/** A CloudEvent: every listening task that wants it gets it; one that nobody wants yet is kept. */
function deliver(turn: Turn, machine: Machine, { event }: EventDelivered): void {
  if (isRepeated(turn, event)) return;
  const consumers = listeners(turn).filter((slot) => offer(turn, machine, slot, event));
  if (consumers.length === 0 && turn.state.inbox.ahead.length > 0) keep(turn, event);
}

function offer(turn: Turn, machine: Machine, slot: number, event: JsonObject): boolean {
  const frame = turn.state.frames[slot];
  if (frame?.kind !== "task" || turn.stopped) return false;
  const { type, body } = turn.node(frame);
  let taken = false;
  machine.resume(
    machine.guarded(slot, () => {
      const outcome = type.offered?.(body, new FrameRun(turn, frame), event);
      taken = outcome !== undefined;
      return outcome === undefined ? undefined : machine.apply(slot, outcome);
    }),
  );
  return taken;
}
