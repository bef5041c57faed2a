import type { Json } from "../lib/json.ts";
import { isTerminal } from "../protocol/state.ts";
import type { Command, TaskPosition } from "../protocol/command.ts";
import type { TaskMoment, TaskTrace } from "../protocol/trace.ts";
import { ProgramError } from "../tasks/program-error.ts";
import { taskFault } from "../tasks/task-fault.ts";
import type { ChildRun, CompiledList, Draft, TaskNode } from "../tasks/task-type.ts";
import type { Program, Unit } from "./program.ts";
import type { Frame, ListFrame, RunState, TaskFrame } from "./run-state.ts";

/** Levels of tasks inside tasks (lists included) that a run may reach; functions that call themselves end here. */
export const LEVELS_MAX = 256;

/** One step of a run: the state being changed, the event's time, and what the step gives back. Frames, commands and traces are made and ended here; who does so and when is the machine's matter. */
export class Turn {
  readonly program: Program;
  readonly state: RunState;
  now: number;
  readonly commands: Command[] = [];
  readonly trace: TaskTrace[] = [];

  constructor(program: Program, state: RunState, now: number) {
    this.program = program;
    this.state = state;
    this.now = now;
  }

  /** The frame in a slot that is known to be taken. */
  frame(slot: number): Frame {
    const frame = this.state.frames[slot];
    if (frame === undefined || frame === null) throw new Error(`assertion: slot ${slot} holds a frame`);
    return frame;
  }

  taskFrame(slot: number): TaskFrame {
    const frame = this.frame(slot);
    if (frame.kind !== "task") throw new Error(`assertion: slot ${slot} holds a task`);
    return frame;
  }

  listFrame(slot: number): ListFrame {
    const frame = this.frame(slot);
    if (frame.kind !== "list") throw new Error(`assertion: slot ${slot} holds a list`);
    return frame;
  }

  node(frame: TaskFrame): TaskNode {
    const node = this.unit(frame.unit).tasks.get(frame.task);
    if (node === undefined) throw new Error(`assertion: the program has a task at ${frame.task}`);
    return node;
  }

  list(frame: ListFrame): CompiledList {
    const list = this.unit(frame.unit).lists.get(frame.list);
    if (list === undefined) throw new Error(`assertion: the program has a list at ${frame.list}`);
    return list;
  }

  /** The compiled document that tasks under a key belong to. A function from outside that does not compile is a configuration fault. */
  unit(key: string | undefined): Unit {
    if (key === undefined) return this.program.main;
    try {
      return this.program.function(this.state.resources[key] ?? null);
    } catch (error) {
      if (error instanceof ProgramError)
        throw taskFault("configuration", "Invalid function", `Cannot call "${key}": ${error.message}`);
      throw error;
    }
  }

  /** Pointer of a task as people see it. */
  pointer(frame: TaskFrame): string {
    return frame.base === undefined ? frame.task : frame.base + frame.task;
  }

  /** Adds a frame for a child and gives its slot. */
  add(parentSlot: number, child: ChildRun): number {
    const parent = parentSlot < 0 ? undefined : this.taskFrame(parentSlot);
    const own = child.role.startsWith("@");
    const { iteration } = child;
    const above = parent?.iterations ?? NO_ITERATIONS;
    const iterations = iteration === undefined ? above : [...above, iteration];
    const attempt = child.attempt ?? parent?.attempt ?? 1;
    const trail = parent === undefined ? "" : this.#trailOf(child, own, parent);
    const frame =
      child.task === undefined
        ? listFrameFrom(parentSlot, child, iterations, attempt, trail)
        : taskFrameFrom(parentSlot, child.role, child.task, child.input, iterations, attempt, trail, this.now);
    if (parent !== undefined) this.#inheritUnit(frame, child, own, parent);
    const subject = own && parentSlot >= 0 ? parentSlot : parent?.subject;
    if (subject !== undefined) frame.subject = subject;
    return this.#place(frame);
  }

  /** Adds the frame of the task a list has come to and gives its slot. */
  addNext(listSlot: number, node: TaskNode): number {
    const list = this.listFrame(listSlot);
    const visit = (list.visits[list.index] ?? 0) + 1;
    // Only backward directives make a second visit, and only then does it show in the trail.
    list.visits[list.index] = visit;
    const { unit, base, iterations, attempt, subject, input } = list;
    const trail = visit === 1 ? list.trail : `${list.trail}~${node.pointer.split("/").length}x${visit}`;
    const frame = taskFrameFrom(listSlot, "", node.pointer, input, iterations, attempt, trail, this.now);
    if (unit !== undefined) frame.unit = unit;
    if (base !== undefined) frame.base = base;
    if (subject !== undefined) frame.subject = subject;
    list.input = null;
    return this.#place(frame);
  }

  #trailOf(child: ChildRun, own: boolean, parent: TaskFrame): string {
    return own || child.role === "function" ? `${parent.trail}!${this.pointer(parent)}` : parent.trail;
  }

  #inheritUnit(frame: Draftable<Frame>, child: ChildRun, own: boolean, parent: TaskFrame): void {
    if (child.unit !== undefined) {
      frame.unit = child.unit;
      frame.base = `${this.pointer(parent)}/call`;
      return;
    }
    // Functions and extensions of the document stand at pointers of their own, whoever uses them.
    if (own || child.task?.startsWith("/use/") === true) return;
    if (parent.unit !== undefined) frame.unit = parent.unit;
    if (parent.base !== undefined) frame.base = parent.base;
  }

  #place(frame: Frame): number {
    const { frames, free } = this.state;
    if (frame.parent >= 0) {
      this.frame(frame.parent).children += 1;
      if (frames.length - free.length >= LEVELS_MAX && this.#level(frame) > LEVELS_MAX) {
        this.frame(frame.parent).children -= 1;
        throw taskFault(
          "runtime",
          "Nested too deeply",
          `Cannot run more than ${LEVELS_MAX} levels of tasks inside tasks: a function may call itself`,
        );
      }
    }
    const slot = free.pop() ?? frames.length;
    frames[slot] = frame;
    return slot;
  }

  #level(frame: Frame): number {
    let level = 1;
    for (let parent = frame.parent; parent >= 0; parent = this.frame(parent).parent) level += 1;
    return level;
  }

  /** Frees the slot of a frame that has no children any more. */
  remove(slot: number): void {
    const frame = this.frame(slot);
    if (frame.kind === "task") this.cancelCommands(frame);
    if (frame.parent >= 0) this.frame(frame.parent).children -= 1;
    this.state.frames[slot] = null;
    this.state.free.push(slot);
  }

  /** Slots of all frames below a slot, deeper ones last. */
  below(slot: number): readonly number[] {
    if (this.frame(slot).children === 0) return [];
    const found: number[] = [];
    const under = new Set([slot]);
    // A child may lie in a lower slot than its parent: as many rounds as there are levels.
    for (let before = -1; before !== found.length;) {
      before = found.length;
      for (const [candidate, frame] of this.state.frames.entries()) {
        if (frame === null || under.has(candidate) || !under.has(frame.parent)) continue;
        under.add(candidate);
        found.push(candidate);
      }
    }
    return found;
  }

  /** Ends everything below a slot: commands are taken back, started tasks are told to be cancelled. */
  cancelBelow(slot: number, quietly?: ReadonlySet<number>): void {
    if (this.frame(slot).children === 0) return;
    const slots = this.below(slot);
    for (const below of slots.toReversed()) {
      const frame = this.frame(below);
      if (frame.kind === "task" && quietly?.has(below) !== true && frame.phase !== "new") this.note(frame, "cancelled");
      this.remove(below);
    }
    const gone = new Set(slots);
    const { ready } = this.state;
    ready.splice(0, ready.length, ...ready.filter((candidate) => !gone.has(candidate)));
  }

  /** Issues a command a task (or the run itself, with slot -1) wishes. */
  issue(slot: number, draft: Draft): void {
    const id = this.state.nextId;
    this.state.nextId += 1;
    const frame = slot < 0 ? undefined : this.taskFrame(slot);
    const command = this.#command(id, draft, frame);
    this.commands.push(command);
    if (draft.type === "publish") return;
    const detached =
      (draft.type === "startActivity" && draft.detached === true) || (draft.type === "startChild" && !draft.await);
    this.state.pending[id] = { frame: detached ? -1 : slot, role: detached ? "@detached" : draft.role, command };
    if (!detached) frame?.commands.push(id);
  }

  #command(id: number, draft: Draft, frame: TaskFrame | undefined): Command & { readonly id: number } {
    switch (draft.type) {
      case "startActivity": {
        const task = this.position(frame);
        const delivery = frame === undefined ? "at-least-once" : this.node(frame).delivery;
        return {
          type: "startActivity",
          id,
          kind: draft.kind,
          arguments: draft.arguments,
          task,
          idempotencyKey: this.#idempotencyKey(frame, draft.role),
          delivery,
        };
      }
      case "setTimer":
        return { type: "setTimer", id, dueAt: draft.dueAt };
      case "subscribe":
        return { type: "subscribe", id, source: "asyncapi", arguments: draft.arguments, task: this.position(frame) };
      case "startChild": {
        const { namespace, name, version, input } = draft;
        return {
          type: "startChild",
          id,
          namespace,
          name,
          version,
          input,
          await: draft.await,
          task: this.position(frame),
        };
      }
      case "publish":
        return { type: "publish", id, event: draft.event };
    }
  }

  /** Where a command comes from; the run itself speaks for the workflow. */
  position(frame: TaskFrame | undefined): TaskPosition {
    if (frame === undefined)
      return { name: this.program.document.document.name, pointer: "", iterations: [], attempt: 1 };
    return {
      name: this.node(frame).name,
      pointer: this.pointer(frame),
      iterations: frame.iterations,
      attempt: frame.attempt,
    };
  }

  /** The same for every attempt of an enclosing try, so that a retried call is recognisable as the same effect. */
  #idempotencyKey(frame: TaskFrame | undefined, role: string): string {
    const { runId } = this.state.run;
    if (frame === undefined) return `${runId}#${role}`;
    const iterations = frame.iterations.length === 0 ? "" : `#${frame.iterations.join(".")}`;
    return `${runId}${this.pointer(frame)}${iterations}${frame.trail}${role.startsWith("@") ? `#${role}` : ""}`;
  }

  /** Takes back the commands of a task: all, or those of some roles. */
  cancelCommands(frame: TaskFrame, roles?: readonly string[]): void {
    if (frame.commands.length === 0) return;
    const kept: number[] = [];
    for (const id of frame.commands) {
      const pending = this.state.pending[id];
      if (pending === undefined) continue;
      if (roles !== undefined && !roles.includes(pending.role)) kept.push(id);
      else this.cancelCommand(id);
    }
    frame.commands.splice(0, frame.commands.length, ...kept);
  }

  /** Takes back one command. */
  cancelCommand(id: number): void {
    const pending = this.state.pending[id];
    if (pending === undefined) return;
    delete this.state.pending[id];
    if (pending.answered === true) return;
    switch (pending.command.type) {
      case "startActivity":
        this.commands.push({ type: "cancelActivity", id });
        break;
      case "setTimer":
        this.commands.push({ type: "clearTimer", id });
        break;
      case "subscribe":
        this.commands.push({ type: "unsubscribe", id });
        break;
      case "startChild":
        this.commands.push({ type: "cancelChild", id });
        break;
      default:
        throw new Error(`assertion: a ${pending.command.type} command waits for no answer`);
    }
  }

  /** Tells what happened to a task. */
  note(frame: TaskFrame, moment: TaskMoment, details?: Partial<TaskTrace>, node: TaskNode = this.node(frame)): void {
    const trace = {
      at: this.now,
      task: node.name,
      pointer: this.pointer(frame),
      iterations: frame.iterations,
      attempt: frame.attempt,
      moment,
    };
    this.trace.push(details === undefined ? trace : { ...trace, ...details });
  }

  /** Tells that a task begins. Written out like `noteCompleted`: every task has both. */
  noteStarted(frame: TaskFrame, { name, type, body }: TaskNode): void {
    const trace: { -readonly [Key in keyof TaskTrace]: TaskTrace[Key] } = {
      at: this.now,
      task: name,
      pointer: this.pointer(frame),
      iterations: frame.iterations,
      attempt: frame.attempt,
      moment: "started",
      input: frame.raw,
      context: this.state.context,
    };
    const correlation = type.correlations?.(body, null);
    if (correlation !== undefined) trace.correlation = correlation;
    this.trace.push(trace);
  }

  /** Tells that a task has ended well. */
  noteCompleted(frame: TaskFrame, { name, type, body }: TaskNode, output: Json): void {
    const trace: { -readonly [Key in keyof TaskTrace]: TaskTrace[Key] } = {
      at: this.now,
      task: name,
      pointer: this.pointer(frame),
      iterations: frame.iterations,
      attempt: frame.attempt,
      moment: "completed",
      output,
    };
    const correlation = type.correlations?.(body, frame.local);
    if (correlation !== undefined) trace.correlation = correlation;
    this.trace.push(trace);
  }

  /** Whether the run has ended or may not go on now. */
  get stopped(): boolean {
    return this.state.status === "suspended" || isTerminal(this.state.status);
  }
}

/** Shared by all frames outside of loops: most are. */
const NO_ITERATIONS: readonly number[] = [];

/*
 * Frames are made member by member and always in the same order: a run makes a few of them with each task, and members that are spread or made in another order cost several times as much.
 */

function taskFrameFrom(
  parent: number,
  role: string,
  task: string,
  raw: Json,
  iterations: readonly number[],
  attempt: number,
  trail: string,
  startedAt: number,
): Draftable<TaskFrame> {
  return {
    kind: "task",
    parent,
    role,
    iterations,
    attempt,
    trail,
    children: 0,
    task,
    phase: "new",
    raw,
    startedAt,
    local: null,
    commands: [],
  };
}

function listFrameFrom(
  parent: number,
  child: ChildRun,
  iterations: readonly number[],
  attempt: number,
  trail: string,
): Draftable<ListFrame> {
  const frame: Draftable<ListFrame> = {
    kind: "list",
    parent,
    role: child.role,
    iterations,
    attempt,
    trail,
    children: 0,
    list: child.list as string,
    index: 0,
    input: child.input,
    visits: {},
    exited: false,
  };
  if (child.variables !== undefined) frame.variables = child.variables;
  return frame;
}

/** A frame while it is being made. */
type Draftable<Made extends Frame> = { -readonly [Key in keyof Made]: Made[Key] };
