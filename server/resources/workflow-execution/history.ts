import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type GetHistoryRequest,
  GetHistoryRequestSchema,
  type GetHistoryResponse,
  GetHistoryResponseSchema,
  HistoryEntrySchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
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
    ["INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"],
    async ({ valid, run }: { readonly valid: GetHistoryRequest; readonly run: RunRow }) => {
      refuseQuarantined(run);
      const after =
        valid.pageToken === ""
          ? positionOf(valid.afterPosition, run, "after_position")
          : positionOfToken(valid.pageToken, run);
      const size = valid.pageSize === 0 ? PAGE_SIZE_DEFAULT : valid.pageSize;
      // Ids of tasks count from the beginning, so what was before the page is looked at too.
      const facts = await throughEngine(run.id, () => ports.engine().history(run.id, 1, after + size));
      const tasks = new TaskList(await ports.definitions.load(run.digest));
      for (const { trace } of facts.slice(0, after)) tasks.add(trace);
      const entries = facts.slice(after).map(({ seq, at, fact, trace }) => {
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

function positionOfToken(token: string, run: RunRow): number {
  if (/^\d{1,15}$/u.test(token) && Number(token) <= run.head) return Number(token);
  const description = "was not made by this server for this run, start again without a token";
  throw new ApiError("PAGE_TOKEN_INVALID", `page_token: ${description}`, {
    violations: [{ field: "page_token", description }],
  });
}
