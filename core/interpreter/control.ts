import type { Json } from "../lib/json.ts";
import { parentPointer } from "../lib/json-pointer.ts";
import type { ControlEvent, Jumped, Retried, Skipped } from "../protocol/event.ts";
import { isTerminal } from "../protocol/state.ts";
import type { TaskNode } from "../tasks/task-type.ts";
import { transformInput } from "./data-flow.ts";
import { FrameRun } from "./frame-run.ts";
import { Machine, rearm } from "./machine.ts";
import { ROOT_LIST, type Program } from "./program.ts";
import { cancelRun } from "./run-end.ts";
import type { RunState, TaskFrame } from "./run-state.ts";
import { startTimeout } from "./timeout.ts";
import { Turn } from "./turn.ts";

/*
 * What an operator may do to a run. A run that faulted or was cancelled keeps its frames: it can go on in place, from another task, or past one.
 */

/** Why a control cannot be carried out, in words for the operator. Never leaves `step`: it is part of its answer. */
export class ControlError extends Error {
  override readonly name = "ControlError";
}

/** Why a control would be refused now; undefined when it would not. Changes nothing, so that a host can ask before it journals the event. */
export function checkControl(program: Program, state: RunState, event: ControlEvent): string | undefined {
  // Tried on a copy: what entering a task takes is known only by doing it.
  const turn = new Turn(program, JSON.parse(JSON.stringify(state)) as RunState, event.at);
  try {
    applyControl(turn, new Machine(turn), event);
    return undefined;
  } catch (error) {
    if (error instanceof ControlError) return error.message;
    throw error;
  }
}

/** Carries out a control; throws ControlError where it cannot, and leaves the state in doubt then. */
export function applyControl(turn: Turn, machine: Machine, event: ControlEvent): void {
  const { state } = turn;
  if (event.reason !== undefined) state.reason = event.reason;
  switch (event.type) {
    case "suspended":
      requireActive(state, "suspend");
      state.status = "suspended";
      noteActive(turn, "suspended");
      return;
    case "resumed":
      if (state.status !== "suspended")
        throw new ControlError(`Cannot resume the run: it is ${state.status}, it should be suspended`);
      state.status = "running";
      noteActive(turn, "resumed");
      return;
    case "cancelled":
      if (isTerminal(state.status))
        throw new ControlError(`Cannot cancel the run: it is ${state.status}, it should not have ended`);
      cancelRun(turn, event.reason);
      return;
    case "patched":
      if (state.status === "completed")
        throw new ControlError("Cannot change the context of the run: it is completed, it should not have ended well");
      state.context = event.context;
      return;
    case "skipped":
      skip(turn, machine, event);
      return;
    case "jumped":
      if (state.status === "completed")
        throw new ControlError("Cannot jump in the run: it is completed, retry it from a task instead");
      enter(turn, machine, event, event.pointer);
      return;
    case "retried":
      if (event.context !== undefined) state.context = event.context;
      if (event.pointer === undefined) retryInPlace(turn, machine, event);
      else enter(turn, machine, event, event.pointer);
      return;
  }
}

function requireActive(state: RunState, verb: string): void {
  if (state.status === "running" || state.status === "waiting") return;
  throw new ControlError(`Cannot ${verb} the run: it is ${state.status}, it should be running or waiting`);
}

function noteActive(turn: Turn, moment: "suspended" | "resumed"): void {
  for (const frame of turn.state.frames)
    if (frame?.kind === "task" && frame.children === 0 && frame.phase !== "new") turn.note(frame, moment);
}

/** Takes a stopped run up again: everything that had been under way begins again, but for the tasks in `except` and below. */
function reopen(turn: Turn, machine: Machine, except: ReadonlySet<number> = new Set()): void {
  const { state } = turn;
  if (!isTerminal(state.status)) return;
  state.status = "running";
  delete state.fault;
  delete state.output;
  delete state.endedAt;
  delete state.faultedAt;
  state.inbox.changed = true;
  const { timeout } = turn.program;
  if (timeout !== undefined) startTimeout(turn, undefined, timeout, state.run.input);
  const waiting = new Set(state.ready);
  for (const [slot, frame] of [...state.frames.entries()]) {
    if (frame?.kind !== "task" || except.has(slot) || waiting.has(slot) || state.frames[slot] !== frame) continue;
    machine.resume(machine.guarded(slot, () => machine.revive(slot)));
    // What is begun again may fail at once, and the run with it.
    if (isTerminal(state.status)) return;
  }
}

function retryInPlace(turn: Turn, machine: Machine, event: Retried): void {
  const { state } = turn;
  if (state.status !== "faulted" && state.status !== "cancelled") {
    throw new ControlError(
      `Cannot retry the run: it is ${state.status}, it should be faulted or cancelled, or the task to retry from should be named`,
    );
  }
  if (state.frames.every((frame) => frame === null)) {
    throw new ControlError(
      "Cannot retry the run in place: it did not stop at a task, the task to retry from should be named",
    );
  }
  if (state.faultedAt !== undefined) beginAnew(turn, state.faultedAt, event.input);
  reopen(turn, machine);
}

/** Has the task that faulted begin from its condition on, with all that is below it; what it had waited for and counted is forgotten. */
function beginAnew(turn: Turn, slot: number, input: Json | undefined): void {
  const frame = turn.taskFrame(slot);
  // They were told to be cancelled when the run stopped.
  turn.cancelBelow(slot, new Set(turn.below(slot)));
  if (input !== undefined) frame.raw = input;
  delete frame.input;
  delete frame.extension;
  frame.phase = "again";
  frame.local = null;
}

function skip(turn: Turn, machine: Machine, event: Skipped): void {
  const { state } = turn;
  if (state.status === "completed")
    throw new ControlError("Cannot skip a task of the run: it is completed, it should not have ended well");
  const slot = state.frames.findIndex((frame) => frame?.kind === "task" && turn.pointer(frame) === event.pointer);
  if (slot < 0)
    throw new ControlError(
      `Cannot skip "${event.pointer}": it is not under way, it should be the task that waits or faulted`,
    );
  const frame = turn.taskFrame(slot);
  reopen(turn, machine, new Set([slot, ...turn.below(slot)]));
  if (isTerminal(state.status)) return;
  machine.resume(machine.guarded(slot, () => machine.completeFrom(slot, event.output ?? frame.raw)));
}

/** A step on the way from a list down to a task: the task of the list that leads there. */
interface Level {
  readonly list: string;
  readonly node: TaskNode;
}

/** Ends what is under way where the target's surroundings begin to differ from what runs now, and begins at the target. */
function enter(turn: Turn, machine: Machine, event: Retried | Jumped, pointer: string): void {
  const { state } = turn;
  const levels = pathTo(turn.program, pointer);
  const iterations = event.type === "retried" ? event.iterations : undefined;
  const found = deepestActive(turn, levels, iterations);
  if (found === undefined && levels[0]?.list !== ROOT_LIST) {
    throw new ControlError(
      `Cannot go on at "${pointer}": it is inside a branch that is not under way, it should be in one that is`,
    );
  }
  const replaced = found === undefined ? new Set<number>() : new Set(turn.below(found.slot));
  const input = event.input ?? inputBefore(turn, found?.slot, replaced);
  if (found !== undefined) turn.cancelBelow(found.slot);
  if (state.status === "completed")
    state.inbox.ahead.splice(0, state.inbox.ahead.length, ...turn.program.listens.map(({ pointer: ahead }) => ahead));
  reopen(turn, machine);
  if (isTerminal(state.status)) return;
  const start = found ?? { slot: turn.add(-1, { role: "@root", list: ROOT_LIST, input }), level: 0 };
  let slot = start.slot;
  for (const [index, { node }] of levels.entries()) {
    if (index < start.level) continue;
    const list = turn.listFrame(slot);
    list.index = node.index;
    list.input = input;
    const below = levels[index + 1];
    if (below === undefined) break;
    slot = openTask(turn, slot, node, below.list, iterations?.[list.iterations.length], input);
  }
  if (!state.ready.includes(slot)) state.ready.push(slot);
}

/** Builds the frame of a task that encloses the target, and that of the list below it. */
function openTask(
  turn: Turn,
  listSlot: number,
  node: TaskNode,
  list: string,
  iteration: number | undefined,
  input: Json,
): number {
  const slot = turn.addNext(listSlot, node);
  const frame: TaskFrame = turn.taskFrame(slot);
  frame.phase = "running";
  const transformed = transformInput(turn, node, frame);
  if (transformed !== frame.raw) frame.input = transformed;
  const entry = node.type.enter?.(node.body, new FrameRun(turn, frame), list, iteration, input);
  if (entry === undefined) {
    throw new ControlError(
      `Cannot go on inside "${node.pointer}": a ${node.kind} task cannot be entered there${node.kind === "for" ? ", an existing iteration should be named" : ""}`,
    );
  }
  turn.note(frame, "created");
  turn.note(frame, "started", { input: frame.raw, context: turn.state.context });
  frame.local = entry.local;
  if (node.timeout !== undefined) startTimeout(turn, slot, node.timeout, transformed);
  rearm(turn, slot, node, entry.role);
  return turn.add(slot, {
    role: entry.role,
    list,
    input,
    ...(entry.variables === undefined ? {} : { variables: entry.variables }),
    ...(entry.iteration === undefined ? {} : { iteration: entry.iteration }),
    ...(entry.attempt === undefined ? {} : { attempt: entry.attempt }),
  });
}

/** The lists and tasks that lead to a task, outermost first; it begins below the innermost branch on the way, since branches stand in no list. */
function pathTo(program: Program, pointer: string): readonly Level[] {
  const node = program.main.tasks.get(pointer);
  if (node === undefined)
    throw new ControlError(
      `Cannot go on at "${pointer}": the workflow has no task there, it should be a task's pointer such as /do/0/name`,
    );
  if (pointer.startsWith("/use/"))
    throw new ControlError(`Cannot go on at "${pointer}": functions and extensions run only where they are used`);
  const levels: Level[] = [];
  for (let at: TaskNode | undefined = node; at?.list !== undefined; at = ownerOf(program, at.list))
    levels.unshift({ list: at.list, node: at });
  if (levels.length === 0)
    throw new ControlError(
      `Cannot go on at "${pointer}": a branch runs only with its fork, a task inside it should be named`,
    );
  return levels;
}

/** The task that a list belongs to; undefined for the workflow's own. */
function ownerOf(program: Program, list: string): TaskNode | undefined {
  for (let pointer = parentPointer(list); pointer !== ""; pointer = parentPointer(pointer)) {
    const node = program.main.tasks.get(pointer);
    if (node !== undefined) return node;
  }
  return undefined;
}

/** The innermost list on the way that is under way in the iterations asked for, and its level. */
function deepestActive(
  turn: Turn,
  levels: readonly Level[],
  iterations: readonly number[] | undefined,
): { readonly slot: number; readonly level: number } | undefined {
  for (let level = levels.length - 1; level >= 0; level -= 1) {
    const slot = turn.state.frames.findIndex(
      (frame) =>
        frame?.kind === "list" &&
        frame.list === levels[level]?.list &&
        frame.unit === undefined &&
        (iterations === undefined || frame.iterations.every((iteration, index) => iterations[index] === iteration)),
    );
    if (slot >= 0) return { slot, level };
  }
  return undefined;
}

/** What the task under way in a list had got: the input of a jump that names none. */
function inputBefore(turn: Turn, listSlot: number | undefined, below: ReadonlySet<number>): Json {
  if (listSlot === undefined) return turn.state.run.input;
  for (const slot of below) {
    const frame = turn.frame(slot);
    if (frame.parent === listSlot && frame.kind === "task") return frame.raw;
  }
  return turn.listFrame(listSlot).input;
}
