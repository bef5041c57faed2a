import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type GetHistoryRequest,
  GetHistoryRequestSchema,
  type GetHistoryResponse,
  GetHistoryResponseSchema,
  HistoryEntrySchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { HistoryEntry } from "../../engine/engine.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { step } from "../../pipeline/step.ts";
import type { RunRow } from "../../store/ports.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { throughEngine } from "./engine-refusal.ts";
import { loadRun, refuseQuarantined } from "./load-run.ts";
import { positionOf } from "./position.ts";
import { TaskList } from "./present-tasks.ts";
import { shownValue } from "./show-json.ts";
import { presentTrace } from "./watch.ts";

const PAGE_SIZE_DEFAULT = 100;

/** Gives a page of a run's journal, oldest first, each fact with what happened to tasks at its time. */
export function getHistory(ports: ExecutionPorts): UnaryHandler<GetHistoryRequest, GetHistoryResponse> {
  const load = step(
    "LoadHistory",
    async ({ valid, run }: { readonly valid: GetHistoryRequest; readonly run: RunRow }) => {
      refuseQuarantined(run);
      const after =
        valid.pageToken === ""
          ? positionOf(valid.afterPosition, run, "after_position")
          : positionOfToken(valid.pageToken, run);
      const size = valid.pageSize === 0 ? PAGE_SIZE_DEFAULT : valid.pageSize;
      const facts = await throughEngine(run.id, () => ports.engine().history(run.id, after + 1, size));
      const traces = tracesByPosition(
        facts,
        await throughEngine(run.id, () => ports.engine().trace(run.id)),
        after === 0,
      );
      const tasks = new TaskList(await ports.definitions.load(run.digest));
      const entries = facts.map(({ seq, at, fact }) => {
        const trace = traces.get(seq) ?? [];
        tasks.add(trace);
        return create(HistoryEntrySchema, {
          position: BigInt(seq),
          at: timestampFromMs(at),
          event: String(fact["type"]),
          data: shownValue(fact),
          trace: trace.map((entry, index) => presentTrace(entry, seq, index, tasks)),
        });
      });
      const last = facts.at(-1)?.seq ?? run.head;
      return {
        response: create(GetHistoryResponseSchema, { entries, nextPageToken: last < run.head ? String(last) : "" }),
      };
    },
  );
  return Pipeline.start<GetHistoryRequest>("workflow_execution.history")
    .step(authorize)
    .step(validateProto(GetHistoryRequestSchema))
    .step(loadRun)
    .step(load)
    .reply(ports.environment, ({ response }) => response);
}

/** A trace has the time of the fact that caused it; of several facts of one millisecond the first one gets it. */
function tracesByPosition(
  facts: readonly HistoryEntry[],
  traces: readonly TaskTrace[],
  fromStart: boolean,
): ReadonlyMap<number, readonly TaskTrace[]> {
  const first = new Map<number, number>();
  for (const { seq, at } of facts) if (!first.has(at)) first.set(at, seq);
  const result = new Map<number, TaskTrace[]>();
  for (const trace of traces) {
    const seq =
      first.get(trace.at) ?? (fromStart && facts[0] !== undefined && trace.at < facts[0].at ? facts[0].seq : undefined);
    if (seq === undefined) continue;
    const list = result.get(seq);
    if (list === undefined) result.set(seq, [trace]);
    else list.push(trace);
  }
  return result;
}

function positionOfToken(token: string, run: RunRow): number {
  if (/^\d{1,15}$/u.test(token) && Number(token) <= run.head) return Number(token);
  const description = "was not made by this server for this run, start again without a token";
  throw new ApiError("PAGE_TOKEN_INVALID", `page_token: ${description}`, {
    violations: [{ field: "page_token", description }],
  });
}
