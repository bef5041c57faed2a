import type { TaskDefinition, TaskList, WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { taskEntries } from "@stigmer/core/dsl/task-kind.ts";
import { parseDuration } from "./plain-duration.ts";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { Command, EventFilter, TaskPosition } from "@stigmer/core/protocol/command.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import { type Fault, standardFault } from "@stigmer/core/protocol/fault.ts";
import { isTerminal, type RunHeader, type RunStatus, type Waiting } from "@stigmer/core/protocol/state.ts";
import type { TaskMoment, TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { Interpreter, StepResult } from "../embedded/ports.ts";

/*
 * A tiny interpreter for tests of the engine alone: sequences and forks of set, call, wait, listen, emit, run and raise, without expressions. It keeps the protocol of core/interpreter, so
 * that a fault found with it is the engine's.
 */

interface Thread {
  readonly id: number;
  readonly list: string;
  index: number;
  value: Json;
  wait?: { kind: "activity" | "timer" | "event" | "child" | "join"; id: number; dueAt?: number; attempt: number };
  ready?: boolean;
  parent?: number;
  branch?: number;
  results?: Json[];
  left?: number;
}

interface State extends RunHeader {
  status: RunStatus;
  context: Json;
  output?: Json;
  fault?: Fault;
  startedAt?: number;
  endedAt?: number;
  runId: string;
  ids: number;
  suspended: boolean;
  threads: Thread[];
  failed?: number;
}

interface Program {
  readonly lists: ReadonlyMap<string, readonly { readonly name: string; readonly task: TaskDefinition }[]>;
}

function compile(document: WorkflowDocument): Program {
  const lists = new Map<string, readonly { name: string; task: TaskDefinition }[]>();
  const visit = (list: TaskList, pointer: string, branch = false): void => {
    const entries = taskEntries(list);
    const place = (index: number, name: string): string =>
      branch ? `${pointer}/${name}` : `${pointer}/${String(index)}/${name}`;
    lists.set(pointer, entries);
    entries.forEach(({ name, task }, index) => {
      if (!("fork" in task)) return;
      taskEntries(task.fork.branches).forEach((inner, at) =>
        visit([{ [inner.name]: inner.task }], `${place(index, name)}/fork/branches/${String(at)}`, true),
      );
    });
  };
  visit(document.do, "/do");
  return { lists };
}

class Step {
  readonly commands: Command[] = [];
  readonly trace: TaskTrace[] = [];
  readonly #program: Program;
  readonly #state: State;
  readonly #at: number;

  constructor(program: Program, state: State, at: number) {
    this.#program = program;
    this.#state = state;
    this.#at = at;
  }

  position(thread: Thread): TaskPosition {
    const task = this.#entry(thread);
    return {
      name: task?.name ?? "",
      pointer: pointerOf(thread, task?.name ?? ""),
      iterations: [],
      attempt: thread.wait?.attempt ?? 1,
    };
  }

  #entry(thread: Thread): { readonly name: string; readonly task: TaskDefinition } | undefined {
    return this.#program.lists.get(thread.list)?.[thread.index];
  }

  #note(thread: Thread, moment: TaskMoment, extra: Partial<TaskTrace> = {}): void {
    const { name: task, pointer } = this.position(thread);
    this.trace.push({ at: this.#at, task, pointer, iterations: [], attempt: 1, moment, ...extra });
  }

  /** Runs a thread until it waits or ends. */
  run(thread: Thread): void {
    while (!isTerminal(this.#state.status)) {
      const entry = this.#entry(thread);
      if (entry === undefined) return this.#finish(thread);
      this.#note(thread, "started", { input: thread.value, context: this.#state.context });
      if (this.#begin(thread, entry.task)) return;
      this.complete(thread, thread.value);
    }
  }

  complete(thread: Thread, value: Json): void {
    thread.value = value;
    delete thread.wait;
    this.#note(thread, "completed", { output: value });
    thread.index++;
  }

  #begin(thread: Thread, task: TaskDefinition): boolean {
    const state = this.#state;
    const wait = (kind: NonNullable<Thread["wait"]>["kind"], dueAt?: number): number => {
      const id = ++state.ids;
      thread.wait = { kind, id, attempt: 1, ...(dueAt === undefined ? {} : { dueAt }) };
      return id;
    };
    if ("set" in task) {
      thread.value = task.set as Json;
      return false;
    }
    if ("emit" in task) {
      const id = ++state.ids;
      const event = { ...(task.emit.event.with as JsonObject), id: `${state.runId}/${String(id)}`, source: "test" };
      this.commands.push({ type: "publish", id, event });
      thread.value = event;
      return false;
    }
    if ("raise" in task) {
      this.fail(thread, standardFault("runtime", "Raised", undefined, { instance: this.position(thread).pointer }));
      return true;
    }
    if ("wait" in task) {
      const dueAt = this.#at + parseDuration(task.wait);
      wait("timer", dueAt);
    } else if ("call" in task) wait("activity");
    else if ("listen" in task) wait("event");
    else if ("run" in task) wait("child");
    else if ("fork" in task) return this.#fork(thread, task.fork.branches.length);
    const command = commandOf(this.#program, thread, state);
    if (command !== undefined) this.commands.push(command);
    if ("run" in task && task.run.await === false) {
      delete thread.wait;
      return false;
    }
    return true;
  }

  #fork(thread: Thread, count: number): boolean {
    const state = this.#state;
    const pointer = this.position(thread).pointer;
    thread.wait = { kind: "join", id: ++state.ids, attempt: 1 };
    thread.results = Array.from({ length: count }, () => null);
    thread.left = count;
    const branches = thread.results.map((_, branch): Thread => ({
      id: ++state.ids,
      list: `${pointer}/fork/branches/${String(branch)}`,
      index: 0,
      value: thread.value,
      parent: thread.id,
      branch,
    }));
    state.threads.push(...branches);
    for (const branch of branches) this.run(branch);
    return true;
  }

  #finish(thread: Thread): void {
    const state = this.#state;
    if (thread.parent === undefined) {
      state.status = "completed";
      state.output = thread.value;
      state.endedAt = this.#at;
      this.commands.push({ type: "complete", output: thread.value });
      return;
    }
    state.threads.splice(state.threads.indexOf(thread), 1);
    const parent = state.threads.find(({ id }) => id === thread.parent);
    if (parent?.results === undefined || parent.left === undefined) return;
    parent.results[thread.branch ?? 0] = thread.value;
    if (--parent.left > 0) return;
    const { results } = parent;
    delete parent.results;
    this.complete(parent, results);
    this.run(parent);
  }

  fail(thread: Thread, fault: Fault): void {
    this.#note(thread, "faulted", { fault });
    this.#state.failed = thread.id;
    this.end("faulted");
    this.#state.fault = fault;
    this.commands.push({ type: "fail", fault });
  }

  end(status: RunStatus): void {
    const state = this.#state;
    for (const thread of state.threads) {
      const { wait } = thread;
      if (wait === undefined) continue;
      const { id } = wait;
      if (wait.kind === "activity") this.commands.push({ type: "cancelActivity", id });
      if (wait.kind === "timer") this.commands.push({ type: "clearTimer", id });
      if (wait.kind === "event") this.commands.push({ type: "unsubscribe", id });
      if (wait.kind === "child") this.commands.push({ type: "cancelChild", id });
    }
    state.status = status;
    state.suspended = false;
    state.endedAt = this.#at;
  }
}

function pointerOf(thread: Thread, name: string): string {
  return thread.parent === undefined ? `${thread.list}/${String(thread.index)}/${name}` : `${thread.list}/${name}`;
}

/** The command a waiting thread waits for. */
function commandOf(program: Program, thread: Thread, state: State): Command | undefined {
  const entry = program.lists.get(thread.list)?.[thread.index];
  const { wait } = thread;
  if (entry === undefined || wait === undefined || thread.ready === true) return undefined;
  const { task, name } = entry;
  const { id } = wait;
  const position = { name, pointer: pointerOf(thread, name), iterations: [], attempt: wait.attempt };
  if (wait.kind === "timer") return { type: "setTimer", id, dueAt: wait.dueAt ?? 0 };
  if (wait.kind === "activity" && "call" in task) {
    const delivery = task.metadata?.["delivery"] === "at-most-once" ? "at-most-once" : "at-least-once";
    return {
      type: "startActivity",
      id,
      kind: "noop",
      arguments: { value: thread.value },
      task: position,
      idempotencyKey: `${state.runId}${position.pointer}/${String(id)}`,
      delivery,
    };
  }
  if (wait.kind === "event" && "listen" in task) {
    const filters = [task.listen.to.one ?? { with: {} }].map((filter): EventFilter => ({
      with: Object.fromEntries(Object.entries(filter.with).map(([key, equals]) => [key, { equals: equals as Json }])),
    }));
    return { type: "subscribe", id, source: "events", filters };
  }
  if (wait.kind === "child" && "run" in task && task.run.workflow !== undefined) {
    const { namespace, name: child, version, input = null } = task.run.workflow;
    return {
      type: "startChild",
      id,
      namespace,
      name: child,
      version,
      input,
      await: task.run.await !== false,
      task: position,
    };
  }
  return undefined;
}

function answer(step: Step, state: State, thread: Thread, value: Json): void {
  if (state.suspended) {
    thread.ready = true;
    thread.value = value;
    return;
  }
  step.complete(thread, value);
  step.run(thread);
}

function apply(program: Program, before: State | undefined, event: RunEvent): StepResult {
  const state: State = before ?? {
    status: "running",
    context: {},
    startedAt: event.at,
    runId: "",
    ids: 0,
    suspended: false,
    threads: [],
  };
  const step = new Step(program, state, event.at);
  const waitingOn = (id: number): Thread | undefined =>
    state.threads.find((thread) => thread.wait?.id === id && thread.ready !== true);
  switch (event.type) {
    case "started": {
      state.runId = event.runId;
      const thread: Thread = { id: ++state.ids, list: "/do", index: 0, value: event.input };
      state.threads.push(thread);
      step.run(thread);
      break;
    }
    case "activityCompleted":
    case "childCompleted": {
      const thread = waitingOn(event.id);
      if (thread !== undefined) answer(step, state, thread, event.output);
      break;
    }
    case "timerFired": {
      const thread = waitingOn(event.id);
      if (thread !== undefined) answer(step, state, thread, thread.value);
      break;
    }
    case "eventDelivered": {
      const thread = waitingOn(event.id);
      if (thread === undefined) break;
      step.commands.push({ type: "unsubscribe", id: event.id });
      answer(step, state, thread, [event.event["data"] ?? null]);
      break;
    }
    case "activityFailed":
    case "childFailed": {
      const thread = waitingOn(event.id);
      if (thread !== undefined) step.fail(thread, event.fault);
      break;
    }
    case "suspended":
      state.suspended = true;
      state.status = "suspended";
      break;
    case "resumed":
      state.suspended = false;
      state.status = "running";
      for (const thread of state.threads.filter(({ ready }) => ready === true)) {
        delete thread.ready;
        step.complete(thread, thread.value);
        step.run(thread);
      }
      break;
    case "cancelled":
      step.end("cancelled");
      step.commands.push({ type: "cancel" });
      break;
    case "patched":
      state.context = event.context;
      break;
    case "skipped":
    case "retried":
    case "jumped":
      control(step, program, state, event);
      break;
    default:
  }
  if (!isTerminal(state.status) && !state.suspended)
    state.status = state.threads.some(({ wait }) => wait?.kind === "activity") ? "running" : "waiting";
  return { state, commands: step.commands, trace: step.trace };
}

function control(
  step: Step,
  program: Program,
  state: State,
  event: RunEvent & { type: "skipped" | "retried" | "jumped" },
): void {
  const thread = targetOf(program, state, event);
  if (thread === undefined) return;
  if (!isTerminal(state.status)) {
    for (const other of state.threads) {
      if (other.wait === undefined || (event.type === "skipped" && other !== thread)) continue;
      const { kind, id } = other.wait;
      if (kind === "activity") step.commands.push({ type: "cancelActivity", id });
      if (kind === "timer") step.commands.push({ type: "clearTimer", id });
      if (kind === "event") step.commands.push({ type: "unsubscribe", id });
      if (kind === "child") step.commands.push({ type: "cancelChild", id });
    }
  }
  for (const key of ["fault", "output", "endedAt", "failed"] as const) delete state[key];
  state.status = "running";
  // A fault ended everything: what else was under way begins anew with the task that faulted.
  const others =
    event.type === "retried"
      ? state.threads.filter((other) => other !== thread && other.wait !== undefined && other.wait.kind !== "join")
      : [];
  for (const other of others) {
    delete other.wait;
    delete other.ready;
    step.run(other);
  }
  if (event.type === "skipped") step.complete(thread, event.output ?? thread.value);
  else {
    delete thread.wait;
    if (event.input !== undefined) thread.value = event.input;
    if (event.type === "jumped") thread.index = Number(event.pointer.split("/")[2]);
  }
  step.run(thread);
}

function targetOf(
  program: Program,
  state: State,
  event: RunEvent & { type: "skipped" | "retried" | "jumped" },
): Thread | undefined {
  if (event.type === "jumped")
    return state.threads.length === 1 && program.lists.get("/do")?.[Number(event.pointer.split("/")[2])] !== undefined
      ? state.threads[0]
      : undefined;
  if (event.type === "retried") return state.threads.find(({ id }) => id === state.failed);
  return state.threads.find(
    (thread) => pointerOf(thread, program.lists.get(thread.list)?.[thread.index]?.name ?? "") === event.pointer,
  );
}

/** The scripted interpreter as the engine's port. */
export const scriptedInterpreter: Interpreter = {
  compile: (document) => compile(document),
  step: (program, state, event) => apply(program as Program, state as State | undefined, event),
  outstanding: (program, state) => {
    const { threads, status } = state as State;
    if (isTerminal(status)) return [];
    return threads
      .map((thread) => commandOf(program as Program, thread, state as State))
      .filter((command) => command !== undefined);
  },
  waitingFor: (program, state) =>
    (state as State).threads.flatMap((thread): Waiting[] => {
      const { wait } = thread;
      if (wait === undefined || wait.kind === "join" || isTerminal(state.status)) return [];
      const task = (program as Program).lists.get(thread.list)?.[thread.index]?.name ?? "";
      return [
        {
          kind: wait.kind,
          id: wait.id,
          task,
          pointer: pointerOf(thread, task),
          iterations: [],
          reason: wait.kind,
          ...(wait.dueAt === undefined ? {} : { dueAt: wait.dueAt }),
        },
      ];
    }),
  checkControl: (program, state, event) => {
    const { status, suspended } = state as State;
    switch (event.type) {
      case "suspended":
        return isTerminal(status) || suspended ? `Cannot suspend the run: it is ${status}` : undefined;
      case "resumed":
        return suspended ? undefined : `Cannot resume the run: it is ${status}`;
      case "cancelled":
      case "patched":
        return isTerminal(status) ? `Cannot change the run: it is ${status}` : undefined;
      case "retried":
        return status === "faulted" ? undefined : `Cannot retry the run: it is ${status}`;
      case "skipped":
      case "jumped":
        return targetOf(program as Program, state as State, event) === undefined
          ? `Cannot find task "${event.pointer}"`
          : undefined;
      default:
        return undefined;
    }
  },
};
