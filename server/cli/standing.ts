import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  RunPhase,
  TaskPhase,
  type Waiting,
  WaitingKind,
} from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import { longDuration } from "./output/age.ts";

/** Where a run stands, in sentences: what it does or waits for, and what comes next, by itself or by which command. */
export interface Standing {
  readonly says: readonly string[];
  readonly next: readonly string[];
}

/** Reasons beyond this are counted, not told: a loop may wait in a thousand places. */
const REASONS_MAX = 5;

/** Says where an execution stands and why it does not go on. */
export function standing(execution: WorkflowExecution, nowMs: number): Standing {
  const { status, metadata } = execution;
  const id = metadata?.id ?? "";
  switch (status?.runPhase) {
    case RunPhase.COMPLETED:
      return { says: ["It has ended well."], next: [`nothing; \`stigmer wait ${id}\` prints its result`] };
    case RunPhase.CANCELLED:
      return { says: ["It was cancelled."], next: [`nothing; \`stigmer retry ${id} --from TASK\` brings it back`] };
    case RunPhase.FAULTED:
      return {
        says: [`It ended by an error${placeOf(execution)} that nothing caught.`],
        next: [
          `nothing by itself; with the cause gone \`stigmer retry ${id}\` goes on from the faulted task, \`--input @file\` with another input`,
        ],
      };
    case RunPhase.SUSPENDED:
      return {
        says: ["It is suspended: nothing new starts.", ...reasons(execution, nowMs).says],
        next: [`nothing by itself; \`stigmer resume ${id}\` lets it go on`],
      };
    case RunPhase.QUARANTINED:
      return {
        says: ["It is out of service: its journal failed a check."],
        next: ["nothing by itself; see the server's log, restore a backup"],
      };
    case RunPhase.WAITING:
    case RunPhase.RUNNING:
    case RunPhase.PENDING: {
      const { waiting } = status;
      if (waiting.length === 0) return { says: ["It is being worked on."], next: ["it goes on by itself"] };
      const { says, next } = reasons(execution, nowMs, id);
      const ready = status.tasks.filter(({ taskPhase }) => taskPhase === TaskPhase.RETRYING);
      const attempts = ready.map(
        ({ taskName, attempt, fault }) =>
          `Task "${taskName}" failed in attempt ${attempt}${fault === undefined ? "" : `: ${fault.status} ${fault.title}`}.`,
      );
      return { says: [...attempts, ...says], next };
    }
    default:
      return { says: [], next: [] };
  }
}

function placeOf({ status }: WorkflowExecution): string {
  const faulted = status?.tasks.findLast(({ taskPhase }) => taskPhase === TaskPhase.FAULTED);
  return faulted === undefined ? "" : ` of task "${faulted.taskName}"`;
}

function reasons({ status }: WorkflowExecution, nowMs: number, id = ""): Standing {
  const { waiting = [], tasks = [] } = status ?? {};
  const began = ({ pointer }: Waiting) =>
    tasks.findLast((task) => task.pointer === pointer && task.completed === undefined)?.started;
  const told = waiting.slice(0, REASONS_MAX);
  const more = waiting.length - told.length;
  return {
    says: [
      ...told.map((one) => sentence(one, one.since ?? began(one), nowMs)),
      ...(more > 0 ? [`And ${more} more wait.`] : []),
    ],
    next: [...new Set(told.map((one) => nextStep(one, id, nowMs)))],
  };
}

function sentence(waiting: Waiting, since: Waiting["since"], nowMs: number): string {
  const { kind, reason, taskName } = waiting;
  const for_ = since === undefined ? "" : ` for ${longDuration(Math.max(0, nowMs - timestampMs(since)))}`;
  switch (kind) {
    case WaitingKind.TIMER:
      return `Task "${taskName}" pauses${for_}: ${reason}${due(waiting, nowMs)}.`;
    case WaitingKind.EVENT:
      return `Task "${taskName}" has waited${for_} for ${reason}.`;
    case WaitingKind.ACTIVITY:
      return `Task "${taskName}" has waited${for_} for the answer of ${reason}.`;
    case WaitingKind.RETRY:
      return `Task "${taskName}" failed and is tried again: ${reason}${due(waiting, nowMs)}.`;
    case WaitingKind.CHILD:
      return `Task "${taskName}" has waited${for_} for the end of ${reason}.`;
    case WaitingKind.CALLER:
      return `Task "${taskName}" waits for a person: ${reason}.`;
    default:
      return `Task "${taskName}" waits: ${reason}.`;
  }
}

function nextStep(waiting: Waiting, id: string, nowMs: number): string {
  const { kind, reason, taskName } = waiting;
  const skip = id === "" ? "" : `; \`stigmer skip ${id} ${taskName}\` goes on now`;
  const timeout = waiting.due === undefined ? "" : `; its time is over${due(waiting, nowMs)}`;
  switch (kind) {
    case WaitingKind.TIMER:
    case WaitingKind.RETRY:
      return `it goes on by itself${due(waiting, nowMs)}${skip}`;
    case WaitingKind.EVENT: {
      const type = /type "?([\w.:/-]+)"?/u.exec(reason)?.[1] ?? "TYPE";
      return `an event: \`stigmer send-event ${type} --set KEY=VALUE\`${timeout}${skip}`;
    }
    case WaitingKind.CHILD: {
      const child = /run (wex-\w+)/u.exec(reason)?.[1];
      return child === undefined
        ? "the end of the other run"
        : `the other run: \`stigmer describe execution ${child}\``;
    }
    case WaitingKind.CALLER:
      return `\`stigmer resume ${id}\``;
    default:
      return `the answer${timeout}${skip}`;
  }
}

function due({ due: at }: Waiting, nowMs: number): string {
  return at === undefined ? "" : ` in ${longDuration(Math.max(0, timestampMs(at) - nowMs))}`;
}
