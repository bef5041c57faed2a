import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  type ListWorkflowExecutionsRequest,
  ListWorkflowExecutionsRequestSchema,
  type ListWorkflowExecutionsResponse,
  ListWorkflowExecutionsResponseSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { invalidField } from "../../pipeline/refusal.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import type { RunQuery, RunRow } from "../../store/ports.ts";
import { PAGE_SIZE_DEFAULT, pageOrRefusal } from "../page-of-resources.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { presentExecution, presentWhole } from "./present-execution.ts";
import { statusOfRunPhase } from "./run-status.ts";

const SCANNED_MAX = 2_000;
const DETAILED_PAGE_SIZE_MAX = 100;

/** Lists runs by organization, phase, workflow, instance, time, labels and words, newest first, with tokens that survive what is written meanwhile. */
export function findWorkflowExecutions(
  ports: ExecutionPorts,
): UnaryHandler<ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse> {
  const load = step(
    "LoadPage",
    ["INVALID_ARGUMENT"],
    async ({ valid }: { readonly valid: ListWorkflowExecutionsRequest }) => {
      const wanted = valid.pageSize === 0 ? PAGE_SIZE_DEFAULT : valid.pageSize;
      const size = valid.includeDetails ? Math.min(wanted, DETAILED_PAGE_SIZE_MAX) : wanted;
      const { rows, next } = await scan(ports, valid, size);
      const executions: WorkflowExecution[] = [];
      for (const row of rows)
        executions.push(
          valid.includeDetails ? await presentWhole(ports.engine(), ports.definitions, row) : presentExecution(row),
        );
      return { response: create(ListWorkflowExecutionsResponseSchema, { executions, nextPageToken: next ?? "" }) };
    },
  );
  return Pipeline.start<ListWorkflowExecutionsRequest>("workflow_execution.find")
    .step(authorize)
    .step(validateProto(ListWorkflowExecutionsRequestSchema))
    .step(load)
    .reply(ports.environment, ({ response }) => response);
}

/** Words narrow what no index answers: a request looks at 2,000 runs at most and may give a short page with a token. */
async function scan(
  { environment }: ExecutionPorts,
  request: ListWorkflowExecutionsRequest,
  size: number,
): Promise<{ rows: RunRow[]; next: string | undefined }> {
  const filter = filterOf(request);
  const words = request.query
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "");
  const rows: RunRow[] = [];
  let next = request.pageToken === "" ? undefined : request.pageToken;
  let scanned = 0;
  do {
    const cursor = next;
    const page = await pageOrRefusal(() =>
      environment.store.runs.list({
        ...filter,
        limit: size - rows.length,
        ...(cursor === undefined ? {} : { cursor }),
      }),
    );
    rows.push(...page.rows.filter((row) => matches(row, words)));
    scanned += page.rows.length;
    next = page.next;
  } while (next !== undefined && rows.length < size && scanned < SCANNED_MAX);
  return { rows, next };
}

function filterOf(request: ListWorkflowExecutionsRequest): Omit<RunQuery, "limit" | "cursor"> {
  const { org, workflowId, workflowInstanceId, labels, createdAfter, createdBefore } = request;
  const statuses = request.phases.map((phase, index) => {
    const status = statusOfRunPhase(phase);
    if (status === undefined) throw invalidField(`phases[${index}]`, "should be a phase that a run can be in");
    return status;
  });
  return {
    ...(org === "" ? {} : { org }),
    ...(workflowId === "" ? {} : { workflowId }),
    ...(workflowInstanceId === "" ? {} : { instanceId: workflowInstanceId }),
    ...(statuses.length === 0 ? {} : { statuses }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(createdAfter === undefined ? {} : { createdFrom: epochMs(createdAfter, "created_after") }),
    ...(createdBefore === undefined ? {} : { createdBefore: epochMs(createdBefore, "created_before") }),
  };
}

/** Times outside of what a clock can show are refused: they are mistakes, and no store could compare them. */
function epochMs(time: Timestamp, field: string): number {
  const ms = timestampMs(time);
  if (!Number.isSafeInteger(Math.trunc(ms)) || Math.abs(ms) > 8.64e15)
    throw invalidField(field, "is no time that a calendar has");
  return Math.ceil(ms);
}

function matches(row: RunRow, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const text = `${row.id}\n${row.slug}\n${metadataOf(presentExecution(row)).name}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
