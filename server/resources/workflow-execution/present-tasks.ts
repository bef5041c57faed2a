import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type WorkflowTask,
  WorkflowTaskSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  WorkflowTaskStatus,
  WorkflowTaskType,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/enum_pb.ts";
import { TaskPhase } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { type TaskKind, taskKinds } from "@stigmer/core/dsl/task-kind.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import type { TaskMoment, TaskTrace } from "@stigmer/core/protocol/trace.ts";
import { faultText, presentFault } from "./present-fault.ts";
import { shownStruct, shownValue } from "./show-json.ts";

/** The task list of a run, made of its trace: one entry for each time a task was run, in the order of their beginning. More of the trace may be added later. */
export class TaskList {
  readonly #document: WorkflowDocument | undefined;
  readonly #tasks: WorkflowTask[] = [];
  /** The latest run of each task of an iteration. */
  readonly #latest = new Map<string, WorkflowTask>();
  readonly #runs = new Map<string, number>();

  constructor(document: WorkflowDocument | undefined) {
    this.#document = document;
  }

  /** The tasks as they stand; each call gives a list of its own with the same entries. */
  get tasks(): WorkflowTask[] {
    return [...this.#tasks];
  }

  add(traces: readonly TaskTrace[]): this {
    for (const trace of traces) apply(trace, this.#entryOf(trace));
    return this;
  }

  /** Id of the task's run that a trace is about, as the list has it now. */
  taskIdOf(trace: TaskTrace): string {
    return this.#latest.get(keyOf(trace))?.taskId ?? keyOf(trace);
  }

  #entryOf(trace: TaskTrace): WorkflowTask {
    const key = keyOf(trace);
    const latest = this.#latest.get(key);
    const begins =
      trace.moment === "created" || (trace.moment === "started" && latest !== undefined && hasEnded(latest));
    if (latest !== undefined && !(begins && hasEnded(latest))) return latest;
    const run = (this.#runs.get(key) ?? 0) + 1;
    this.#runs.set(key, run);
    const entry = create(WorkflowTaskSchema, {
      taskId: run === 1 ? key : `${key}~${run}`,
      taskName: trace.task,
      pointer: trace.pointer,
      attempt: trace.attempt,
      iteration: trace.iterations.at(-1) ?? 0,
      parentTaskId: parentKey(trace),
      ...kindOf(trace.pointer, this.#document),
    });
    this.#latest.set(key, entry);
    this.#tasks.push(entry);
    return entry;
  }
}

/** `pointer` of the task, with its iterations and a second and later attempt of it: what tells one run of a task from another. */
function keyOf({ pointer, iterations, attempt }: TaskTrace): string {
  const at = iterations.length === 0 ? "" : `[${iterations.join(",")}]`;
  return `${pointer}${at}${attempt > 1 ? `@${attempt}` : ""}`;
}

function parentKey({ pointer }: TaskTrace): string {
  const parent = /^(.*\/\d+\/[^/]+)\/.*\d+\/[^/]+$/u.exec(pointer)?.[1];
  return parent ?? "";
}

function hasEnded({ taskPhase }: WorkflowTask): boolean {
  return (
    taskPhase === TaskPhase.COMPLETED ||
    taskPhase === TaskPhase.FAULTED ||
    taskPhase === TaskPhase.CANCELLED ||
    taskPhase === TaskPhase.SKIPPED
  );
}

const moments: { readonly [M in TaskMoment]: readonly [TaskPhase, WorkflowTaskStatus] } = {
  created: [TaskPhase.PENDING, WorkflowTaskStatus.WORKFLOW_TASK_PENDING],
  started: [TaskPhase.RUNNING, WorkflowTaskStatus.WORKFLOW_TASK_IN_PROGRESS],
  suspended: [TaskPhase.SUSPENDED, WorkflowTaskStatus.WORKFLOW_TASK_IN_PROGRESS],
  resumed: [TaskPhase.RUNNING, WorkflowTaskStatus.WORKFLOW_TASK_IN_PROGRESS],
  retried: [TaskPhase.RETRYING, WorkflowTaskStatus.WORKFLOW_TASK_IN_PROGRESS],
  completed: [TaskPhase.COMPLETED, WorkflowTaskStatus.WORKFLOW_TASK_COMPLETED],
  faulted: [TaskPhase.FAULTED, WorkflowTaskStatus.WORKFLOW_TASK_FAILED],
  cancelled: [TaskPhase.CANCELLED, WorkflowTaskStatus.WORKFLOW_TASK_FAILED],
  skipped: [TaskPhase.SKIPPED, WorkflowTaskStatus.WORKFLOW_TASK_SKIPPED],
};

function apply(trace: TaskTrace, task: WorkflowTask): void {
  [task.taskPhase, task.status] = moments[trace.moment];
  if (trace.moment === "started") {
    task.startedAt = new Date(trace.at).toISOString();
    task.started = timestampFromMs(trace.at);
    if (trace.input !== undefined) {
      const struct = shownStruct(trace.input);
      if (struct !== undefined) task.input = struct;
      task.inputValue = shownValue(trace.input);
    }
  }
  if (hasEnded(task)) {
    task.completedAt = new Date(trace.at).toISOString();
    task.completed = timestampFromMs(trace.at);
  }
  if (trace.output !== undefined) {
    const struct = shownStruct(trace.output);
    if (struct !== undefined) task.output = struct;
    task.outputValue = shownValue(trace.output);
  }
  if (trace.fault !== undefined) {
    task.error = faultText(trace.fault);
    task.fault = presentFault(trace.fault);
  }
}

const types: { readonly [kind: string]: WorkflowTaskType } = {
  call: WorkflowTaskType.WORKFLOW_TASK_API_CALL,
  switch: WorkflowTaskType.WORKFLOW_TASK_CONDITIONAL,
  fork: WorkflowTaskType.WORKFLOW_TASK_PARALLEL,
  set: WorkflowTaskType.WORKFLOW_TASK_TRANSFORM,
};

/** The kind of the task at a pointer; undefined where there is no task. */
export function taskKindAt(pointer: string, document: WorkflowDocument | undefined): TaskKind | undefined {
  const task = document === undefined ? undefined : valueAt(document as unknown as Json, pointer);
  if (typeof task !== "object" || task === null || Array.isArray(task) || !pointer.startsWith("/")) return undefined;
  return taskKinds.find((name) => Object.hasOwn(task, name));
}

/** The kind of a task with its nearest word in the published contract. */
function kindOf(
  pointer: string,
  document: WorkflowDocument | undefined,
): { readonly taskKind: string; readonly taskType: WorkflowTaskType } {
  const kind = taskKindAt(pointer, document) ?? "";
  return { taskKind: kind, taskType: types[kind] ?? WorkflowTaskType.WORKFLOW_TASK_CUSTOM };
}

function valueAt(root: Json, pointer: string): Json | undefined {
  let value: Json | undefined = root;
  for (const segment of pointer.split("/").slice(1)) {
    const key = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as { readonly [key: string]: Json })[key];
  }
  return value;
}
