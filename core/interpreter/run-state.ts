import type { Json, JsonObject } from "../lib/json.ts";
import type { Command, EventFilter } from "../protocol/command.ts";
import type { RunEvent, Started } from "../protocol/event.ts";
import type { Fault } from "../protocol/fault.ts";
import type { RunHeader, RunStatus } from "../protocol/state.ts";

/*
 * The whole state of a run: plain JSON, changed in place by `step`. Frames are the tasks and lists under way; they lie in slots and name their parents by slot, so that the tree survives a trip
 * through text and nothing is ever copied. A slot is used again once its frame is gone.
 */

/** State of a run. */
export interface RunState extends RunHeader {
  status: RunStatus;
  context: Json;
  output?: Json;
  fault?: Fault;
  startedAt: number;
  endedAt?: number;
  /** What `started` told, `at` left out. */
  readonly run: Omit<Started, "type" | "at">;
  nextId: number;
  readonly frames: (Frame | null)[];
  readonly free: number[];
  /** Slots that can go on, in order. */
  readonly ready: number[];
  /** Commands not answered yet, by id. */
  readonly pending: { [id: string]: Pending };
  /** A `yield` was issued and not answered. */
  yielded: boolean;
  /** Facts that came while the run was suspended. */
  readonly held: RunEvent[];
  readonly inbox: Inbox;
  /** What was fetched from outside, by key. */
  readonly resources: { [key: string]: Json };
  /** Slot of the task the run faulted at. */
  faultedAt?: number;
  /** Why an operator suspended, cancelled or resumed it last. */
  reason?: string;
}

/** CloudEvents on their way to listening tasks. */
export interface Inbox {
  /** Events that no task wanted yet, oldest first. */
  readonly events: JsonObject[];
  /** Characters of their texts. */
  size: number;
  /** Events given up because the inbox was full. */
  dropped: number;
  /** Identities (source and id) of the last events seen, so that none counts twice. */
  readonly recent: string[];
  /** Listen tasks of the document whose events are kept though they have not been reached. */
  readonly ahead: string[];
  subscription: { readonly id: number; readonly filters: readonly EventFilter[] } | null;
  /** Must be compared with what is wanted at the end of the step. */
  changed: boolean;
}

/** A command that waits for its answer. */
export interface Pending {
  /** Slot of the task, or -1: nobody waits for the answer (detached), or the run itself does. */
  readonly frame: number;
  readonly role: string;
  readonly command: Command & { readonly id: number };
  /** The answer came while the run was suspended and is held. */
  answered?: true;
  /** What the host told of a child run. */
  child?: { readonly runId: string; readonly version: string };
}

interface FrameBase {
  /** Slot of the frame it belongs to; -1 for the workflow's own list. */
  readonly parent: number;
  /** What the parent calls it; roles that begin with "@" belong to the interpreter. */
  readonly role: string;
  /** Key of the resource its tasks were compiled from; absent for the document's own. */
  readonly unit?: string;
  /** What its pointers begin with, inside a function from outside. */
  readonly base?: string;
  readonly iterations: readonly number[];
  readonly attempt: number;
  /** Which visits and calls led here, as far as pointer and iterations do not tell: part of idempotency keys. */
  readonly trail: string;
  /** Slot of the task that an extension's tasks are woven around: what `$task` tells them of. */
  readonly subject?: number;
  /** Frames whose parent it is. */
  children: number;
}

/** A list of tasks under way. */
export interface ListFrame extends FrameBase {
  readonly kind: "list";
  /** Pointer of the list in its unit. */
  readonly list: string;
  /** Index of the task that runs now or next. */
  index: number;
  /** Raw input of the next task; null while one runs. */
  input: Json;
  readonly variables?: JsonObject;
  /** How often each task was entered, by index. */
  readonly visits: { [index: string]: number };
  /** It was left by `exit`. */
  exited: boolean;
}

/** Where a task is in its life: data flow around the body, and the extensions around both. `again` is the task that an operator has begin anew after it faulted. */
export type Phase = "new" | "again" | "fetching" | "before" | "running" | "after";

/** A task under way. */
export interface TaskFrame extends FrameBase {
  readonly kind: "task";
  /** Pointer of the task in its unit. */
  readonly task: string;
  phase: Phase;
  /** Raw input. */
  raw: Json;
  /** Transformed input, where it differs from the raw one. */
  input?: Json;
  /** Raw output, once there is one. */
  output?: Json;
  readonly startedAt: number;
  /** The task's own data. */
  local: Json;
  authorization?: Json;
  /** Ids of its pending commands. */
  readonly commands: number[];
  /** Extensions that apply, and the one whose tasks run now. */
  extension?: ExtensionProgress;
}

/** Extensions around a task: their indices in order, where the progress is, and what waits for the ones after. */
export interface ExtensionProgress {
  readonly applied: readonly number[];
  at: number;
  result?: Json;
  then?: "continue" | "exit" | "end" | number;
}

/** A task or list under way. */
export type Frame = ListFrame | TaskFrame;

/** State of a run that has just started. */
export function newRunState(event: Started, ahead: readonly string[]): RunState {
  const { type: _type, at, ...run } = event;
  return {
    status: "running",
    context: {},
    startedAt: at,
    run,
    nextId: 1,
    frames: [],
    free: [],
    ready: [],
    pending: {},
    yielded: false,
    held: [],
    inbox: {
      events: [],
      size: 0,
      dropped: 0,
      recent: [],
      ahead: [...ahead],
      subscription: null,
      changed: ahead.length > 0,
    },
    resources: {},
  };
}
