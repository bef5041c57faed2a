import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type AwaitEndRequest,
  AwaitEndRequestSchema,
  type RunOutcome,
  RunOutcomeSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import { ApiError } from "../../errors/api-error.ts";
import { type CallContext, waitingKey } from "../../pipeline/call-context.ts";
import type { UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorizeCall } from "../../pipeline/steps/authorize.ts";
import { validateMessage } from "../../pipeline/steps/validate-proto.ts";
import type { RunRow } from "../../store/ports.ts";
import { throughEngine } from "./engine-refusal.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { findRun } from "./load-run.ts";
import { presentFault } from "./present-fault.ts";
import { hasEnded, runPhase } from "./run-status.ts";
import { shownText } from "./show-json.ts";

/** Answers with the outcome of a run once it has ended. */
export function awaitWorkflowExecution(ports: ExecutionPorts): UnaryHandler<AwaitEndRequest, RunOutcome> {
  ports.environment.codes?.declare("workflow_execution.awaitEnd", ["INVALID_ARGUMENT", "NOT_FOUND"]);
  return async (request, call) => {
    authorizeCall(call.method, call.principal);
    validateMessage(AwaitEndRequestSchema, request);
    const row = await findRun(ports.environment.store.runs, request.executionId);
    return presentOutcome(await endOf(ports, row, call));
  };
}

/** The row of a run after its end. The caller's deadline and the server's stop end the wait, never the run. */
export async function endOf(ports: ExecutionPorts, row: RunRow, call: CallContext): Promise<RunRow> {
  if (hasEnded(row.status)) return row;
  call.values.set(waitingKey, true);
  const ended = await throughEngine(row.id, () => ports.engine().ended(row.id, call.signal));
  call.signal.throwIfAborted();
  if (ended === undefined) {
    const message = `Cannot wait for the end of run "${row.id}": the server is stopping, ask again shortly`;
    throw new ApiError("SERVER_NOT_READY", message, { retryAfterMs: 500 });
  }
  return ended;
}

/** How a run has ended, as callers see it: where a secret was used, its placeholder stands. */
export function presentOutcome(row: RunRow): RunOutcome {
  return create(RunOutcomeSchema, {
    executionId: row.id,
    phase: runPhase(row.status),
    ...(row.output === undefined ? {} : { output: shownText(row.output) }),
    ...(row.fault === undefined ? {} : { fault: presentFault(JSON.parse(row.fault) as Fault) }),
    reason: row.reason ?? "",
    ...(row.endedAt === undefined ? {} : { endedAt: timestampFromMs(row.endedAt) }),
    position: BigInt(row.head),
  });
}
