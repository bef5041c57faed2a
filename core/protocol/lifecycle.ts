import type { Json, JsonObject } from "../lib/json.ts";
import type { WorkflowIdentity } from "./event.ts";
import type { Fault } from "./fault.ts";
import { type RunHeader, type RunStatus, isTerminal } from "./state.ts";
import type { TaskMoment, TaskTrace } from "./trace.ts";

/*
 * Lifecycle CloudEvents (specification, section Lifecycle Events): nine types for workflows, nine for tasks. They are derived from the trace of a step and the status before and after it, so that
 * replaying the facts of a run gives the same events with the same ids.
 */

/** Outputs of at most this many characters of JSON also travel in the event itself; larger ones are only pointed to. */
export const INLINE_OUTPUT_MAX = 65_536;

/** What the events of one step are made of. */
export interface LifecycleStep {
  readonly runId: string;
  readonly workflow: WorkflowIdentity;
  /** Time of the step, epoch ms. */
  readonly at: number;
  /** Status before the step; undefined for the first. */
  readonly before: RunStatus | undefined;
  readonly after: RunHeader;
  readonly trace: readonly TaskTrace[];
  /** Where outputs can be fetched: `<baseUri>/runs/<runId>/output`. */
  readonly baseUri: string;
  /** Number of the step in its run, from which ids are made; the time serves where a host counts none. */
  readonly sequence?: number;
  /** The types somebody wants, where not all are; an event's id does not depend on it. */
  readonly wanted?: { has(type: string): boolean };
  /** CloudEvents extension attributes every event gets. */
  readonly extensions?: { readonly [name: string]: string };
}

const TYPE_PREFIX = "io.serverlessworkflow.";

const WORKFLOW_KINDS = [
  "started",
  "suspended",
  "resumed",
  "correlation-started",
  "correlation-completed",
  "cancelled",
  "faulted",
  "completed",
  "status-changed",
];
const TASK_KINDS = [
  "created",
  "started",
  "suspended",
  "resumed",
  "retried",
  "cancelled",
  "faulted",
  "completed",
  "status-changed",
];

/** The eighteen types of lifecycle event. */
export const LIFECYCLE_TYPES: readonly string[] = [
  ...WORKFLOW_KINDS.map((kind) => `${TYPE_PREFIX}workflow.${kind}.v1`),
  ...TASK_KINDS.map((kind) => `${TYPE_PREFIX}task.${kind}.v1`),
];

/** Tells whether a CloudEvent's type is that of a lifecycle event; cheap enough for every event. */
export function isLifecycleType(type: Json | undefined): boolean {
  return typeof type === "string" && type.startsWith(TYPE_PREFIX);
}

/** Status phase of a task after each moment. */
const TASK_STATUS: { readonly [moment in TaskMoment]?: string } = {
  created: "pending",
  started: "running",
  suspended: "suspended",
  resumed: "running",
  retried: "running",
  completed: "completed",
  faulted: "faulted",
  cancelled: "cancelled",
};

/** The lifecycle events of a step, in order: the workflow's start and resumption first, then its tasks, then its end or suspension. A skipped task has none, since it never ran. */
export function lifecycleEvents(step: LifecycleStep): readonly JsonObject[] {
  const { before, after, trace } = step;
  const builder = new EventBuilder(step);
  if (before === undefined)
    builder.workflow("started", "startedAt", () => ({ definition: definitionOf(step.workflow) }));
  else if (before === "suspended" && after.status !== "suspended" && !isTerminal(after.status))
    builder.workflow("resumed", "resumedAt");
  for (const moment of trace) builder.task(moment);
  if (before !== after.status) {
    switch (after.status) {
      case "suspended":
        builder.workflow("suspended", "suspendedAt");
        break;
      case "cancelled":
        builder.workflow("cancelled", "cancelledAt");
        break;
      case "faulted":
        builder.workflow("faulted", "faultedAt", () => ({ error: after.fault as Fault as unknown as Json }));
        break;
      case "completed":
        builder.workflow("completed", "completedAt", () =>
          outputOf(after.output ?? null, `${step.baseUri}/runs/${step.runId}/output`),
        );
        break;
      default:
        break;
    }
    builder.workflow("status-changed", "updatedAt", () => ({ status: after.status }));
  }
  return builder.events;
}

class EventBuilder {
  readonly events: JsonObject[] = [];
  readonly #step: LifecycleStep;
  readonly #time: string;
  readonly #name: string;
  #index = 0;

  constructor(step: LifecycleStep) {
    this.#step = step;
    this.#time = new Date(step.at).toISOString();
    this.#name = `${step.workflow.name}-${step.runId}.${step.workflow.namespace}`;
  }

  workflow(kind: string, timeKey: string, data: () => JsonObject = () => ({})): void {
    this.#add(`workflow.${kind}`, () => ({ name: this.#name, [timeKey]: this.#time, ...data() }));
  }

  task({ moment, pointer, fault, output, correlation, task }: TaskTrace): void {
    const status = TASK_STATUS[moment];
    if (status === undefined) return;
    const details = (): JsonObject => ({
      ...(moment === "faulted" && fault !== undefined ? { error: fault as unknown as Json } : {}),
      ...(moment === "completed"
        ? outputOf(
            output ?? null,
            `${this.#step.baseUri}/runs/${this.#step.runId}/tasks/${encodeURIComponent(task)}/output`,
          )
        : {}),
    });
    const at = { workflow: this.#name, task: pointer };
    this.#add(`task.${moment}`, () => ({ ...at, [`${moment}At`]: this.#time, ...details() }));
    this.#add("task.status-changed", () => ({ ...at, updatedAt: this.#time, status }));
    if (moment === "started" && correlation !== undefined) this.workflow("correlation-started", "startedAt");
    if (moment === "completed" && correlation !== undefined)
      this.workflow("correlation-completed", "completedAt", () => ({ correlationKeys: correlation }));
  }

  #add(kind: string, data: () => JsonObject): void {
    const { runId, workflow, at, sequence = at, wanted, extensions } = this.#step;
    const index = this.#index++;
    const type = `${TYPE_PREFIX}${kind}.v1`;
    if (wanted?.has(type) === false) return;
    this.events.push({
      specversion: "1.0",
      id: `${runId}-lifecycle-${sequence}-${index}`,
      source: `/${workflow.namespace}/${workflow.name}/${workflow.version}`,
      type,
      subject: runId,
      time: this.#time,
      datacontenttype: "application/json",
      ...extensions,
      data: data(),
    });
  }
}

function definitionOf({ namespace, name, version }: WorkflowIdentity): JsonObject {
  return { name, namespace, version };
}

/** Where an output is, and the output itself where it is small. */
function outputOf(output: Json, outputUri: string): JsonObject {
  return JSON.stringify(output).length <= INLINE_OUTPUT_MAX ? { outputUri, output } : { outputUri };
}
