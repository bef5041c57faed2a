import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type TraceEntry,
  TraceEntrySchema,
  type WatchWorkflowExecutionRequest,
  WatchWorkflowExecutionRequestSchema,
  type WorkflowExecutionChange,
  WorkflowExecutionChangeSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { CallContext } from "../../pipeline/call-context.ts";
import { authorizeCall } from "../../pipeline/steps/authorize.ts";
import { validateMessage } from "../../pipeline/steps/validate-proto.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { followRun } from "./follow.ts";
import { findRun } from "./load-run.ts";
import { positionOf } from "./position.ts";
import { presentExecution } from "./present-execution.ts";
import { presentFault } from "./present-fault.ts";
import { TaskList } from "./present-tasks.ts";
import { hasEnded } from "./run-status.ts";
import { shownValue } from "./show-json.ts";

/** Streams what happens to a run from a position on, without gap or repetition, and ends when the run has. */
export function watchWorkflowExecution(ports: ExecutionPorts) {
  ports.environment.codes?.declare("workflow_execution.watch", ["INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE"]);
  return async function* (
    request: WatchWorkflowExecutionRequest,
    call: CallContext,
  ): AsyncGenerator<WorkflowExecutionChange> {
    authorizeCall(call.method, call.principal);
    validateMessage(WatchWorkflowExecutionRequestSchema, request);
    const first = await findRun(ports.environment.store.runs, request.executionId);
    const after = positionOf(request.afterPosition, first, "after_position");
    const tasks = new TaskList(await ports.definitions.load(first.digest));
    for await (const { row, trace, position } of followRun(ports, first.id, after, call.signal)) {
      tasks.add(trace);
      yield create(WorkflowExecutionChangeSchema, {
        position: BigInt(position),
        execution: presentExecution(row),
        entries: trace.map((entry, index) => presentTrace(entry, position, index, tasks)),
        last: hasEnded(row.status),
      });
    }
  };
}

/** Something that happened to a task, as callers see it. */
export function presentTrace(trace: TaskTrace, position: number, index: number, tasks: TaskList): TraceEntry {
  const data = trace.output ?? trace.input;
  return create(TraceEntrySchema, {
    position: BigInt(position),
    index,
    at: timestampFromMs(trace.at),
    kind: trace.moment,
    taskId: tasks.taskIdOf(trace),
    taskName: trace.task,
    pointer: trace.pointer,
    attempt: trace.attempt,
    iteration: trace.iterations.at(-1) ?? 0,
    ...(data === undefined ? {} : { data: shownValue(data) }),
    ...(trace.fault === undefined ? {} : { fault: presentFault(trace.fault) }),
  });
}
