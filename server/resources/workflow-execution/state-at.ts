import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ExecutionState,
  ExecutionStateSchema,
  type GetStateAtRequest,
  GetStateAtRequestSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import { notFound } from "../../pipeline/refusal.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { step } from "../../pipeline/step.ts";
import type { RunRow } from "../../store/ports.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { throughEngine } from "./engine-refusal.ts";
import { loadRun, refuseQuarantined } from "./load-run.ts";
import { positionOf } from "./position.ts";
import { presentWaiting } from "./present-execution.ts";
import { presentFault } from "./present-fault.ts";
import { TaskList } from "./present-tasks.ts";
import { runPhase } from "./run-status.ts";
import { shownValue } from "./show-json.ts";

/** Gives the state a run had after a position of its journal, found by replaying. */
export function getStateAt(ports: ExecutionPorts): UnaryHandler<GetStateAtRequest, ExecutionState> {
  const replay = step(
    "Replay",
    ["NOT_FOUND", "FAILED_PRECONDITION", "OUT_OF_RANGE"],
    async ({ valid, run }: { readonly valid: GetStateAtRequest; readonly run: RunRow }) => {
      refuseQuarantined(run);
      const position = positionOf(valid.position, run, "position") || run.head;
      const engine = ports.engine();
      const [state, [started], [fact]] = await throughEngine(run.id, () =>
        Promise.all([
          engine.stateAt(run.id, position),
          engine.history(run.id, 1, 1),
          engine.history(run.id, position, 1),
        ]),
      );
      if (state === undefined) throw notFound("WorkflowExecution", run.id);
      const { row, context, waiting, trace } = state;
      return {
        state: create(ExecutionStateSchema, {
          executionId: run.id,
          position: BigInt(position),
          ...(fact === undefined ? {} : { at: timestampFromMs(fact.at) }),
          phase: runPhase(row.status),
          context: shownValue(context),
          ...(started?.fact["input"] === undefined ? {} : { input: shownValue(started.fact["input"]) }),
          ...(row.output === undefined ? {} : { output: shownValue(JSON.parse(row.output) as Json) }),
          tasks: new TaskList(await ports.definitions.load(run.digest)).add(trace).tasks,
          waiting: presentWaiting(waiting),
          ...(row.fault === undefined ? {} : { fault: presentFault(JSON.parse(row.fault) as Fault) }),
        }),
      };
    },
  );
  return Pipeline.start<GetStateAtRequest>("workflow_execution.stateAt")
    .step(authorize)
    .step(validateProto(GetStateAtRequestSchema))
    .step(loadRun)
    .step(replay)
    .reply(ports.environment, ({ state }) => state);
}
