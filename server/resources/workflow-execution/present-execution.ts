import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type WorkflowExecution,
  type WorkflowExecutionStatus,
  WorkflowExecutionStatusSchema,
  type WorkflowTask,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  type Waiting as WaitingMessage,
  WaitingKind,
  WaitingSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import type { Waiting } from "@stigmer/core/protocol/state.ts";
import type { Engine } from "../../engine/engine.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import type { RunRow } from "../../store/ports.ts";
import type { DefinitionCache } from "../definition-cache.ts";
import { throughEngine } from "./engine-refusal.ts";
import { faultText, presentFault } from "./present-fault.ts";
import { TaskList } from "./present-tasks.ts";
import { executionPhase, hasEnded, runPhase } from "./run-status.ts";
import { shownStruct, shownValue } from "./show-json.ts";
import { executionOf } from "./stored-execution.ts";

/** What is known of a run beside its row. */
export interface RunDetails {
  readonly tasks?: readonly WorkflowTask[];
  readonly waiting?: readonly Waiting[];
}

/** A run as callers see it. What a foreign runner has reported is stored with the run and shows where the engine has nothing to say. */
export function presentExecution(row: RunRow, details: RunDetails = {}): WorkflowExecution {
  const execution = executionOf(row);
  metadataOf(execution).resourceVersion = BigInt(row.version);
  const reported = execution.status;
  execution.status = statusOf(row, details, reported ?? create(WorkflowExecutionStatusSchema));
  return execution;
}

/** The whole of a run: its row, why it waits, and its tasks. */
export async function presentWhole(
  engine: Engine,
  definitions: DefinitionCache,
  row: RunRow,
): Promise<WorkflowExecution> {
  const view = hasEnded(row.status) ? undefined : await engine.view(row.id);
  const now = view?.row ?? row;
  const trace = await throughEngine(row.id, () => engine.trace(row.id));
  const { tasks } = new TaskList(await definitions.load(row.digest)).add(trace);
  return presentExecution({ ...now, data: row.data }, { tasks, waiting: view?.waiting ?? [] });
}

function statusOf(
  row: RunRow,
  { tasks = [], waiting = [] }: RunDetails,
  reported: WorkflowExecutionStatus,
): WorkflowExecutionStatus {
  const output = row.output === undefined ? undefined : (JSON.parse(row.output) as Json);
  const fault = row.fault === undefined ? undefined : (JSON.parse(row.fault) as Fault);
  const struct = shownStruct(output) ?? reported.output;
  const phase = reported.phase !== 0 && !hasEnded(row.status) ? reported.phase : executionPhase(row.status);
  const isQuarantined = row.status === "quarantined";
  return create(WorkflowExecutionStatusSchema, {
    ...(reported.audit === undefined ? {} : { audit: reported.audit }),
    phase,
    tasks: reported.tasks.length > 0 ? reported.tasks : [...tasks],
    ...(struct === undefined ? {} : { output: struct }),
    error:
      fault !== undefined
        ? faultText(fault)
        : isQuarantined
          ? `Quarantined: ${row.reason ?? "its journal failed a check"}`
          : reported.error,
    startedAt: row.startedAt === undefined ? reported.startedAt : new Date(row.startedAt).toISOString(),
    completedAt: row.endedAt === undefined ? reported.completedAt : new Date(row.endedAt).toISOString(),
    temporalWorkflowId: reported.temporalWorkflowId,
    ...(output === undefined ? {} : { result: shownValue(output) }),
    ...(fault === undefined ? {} : { fault: presentFault(fault) }),
    runPhase: runPhase(row.status),
    waiting: presentWaiting(waiting),
    position: BigInt(row.head),
    definitionDigest: row.digest,
  });
}

const waitingKinds = {
  activity: WaitingKind.ACTIVITY,
  timer: WaitingKind.TIMER,
  event: WaitingKind.EVENT,
  child: WaitingKind.CHILD,
  retry: WaitingKind.RETRY,
} as const;

/** Why a run waits, as callers see it. */
export function presentWaiting(waiting: readonly Waiting[]): WaitingMessage[] {
  return waiting.map(({ kind, reason, pointer, task, dueAt }) =>
    create(WaitingSchema, {
      kind: waitingKinds[kind],
      reason,
      pointer,
      taskName: task,
      ...(dueAt === undefined ? {} : { due: timestampFromMs(dueAt) }),
    }),
  );
}
