import { create } from "@bufbuild/protobuf";
import {
  type ListWorkflowExecutionsByWorkflowRequest,
  ListWorkflowExecutionsByWorkflowRequestSchema,
  type ListWorkflowExecutionsRequest,
  ListWorkflowExecutionsRequestSchema,
  type WorkflowExecutionList,
  WorkflowExecutionListSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/io_pb.ts";
import { ApiError } from "../../errors/api-error.ts";
import { invalidField } from "../../pipeline/refusal.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import type { RunQuery, RunReader, RunRow } from "../../store/ports.ts";
import { PAGE_SIZE_DEFAULT } from "../page-of-resources.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { presentExecution } from "./present-execution.ts";
import { statusesOfExecutionPhase } from "./run-status.ts";

const PUBLISHED_PAGE_SIZE_MAX = 100;
const SCANNED_MAX = 2_000;

/** Lists runs, newest first, in the published form: filtered by phase and tags, without their tasks. */
export function listWorkflowExecutions(
  ports: ExecutionPorts,
): UnaryHandler<ListWorkflowExecutionsRequest, WorkflowExecutionList> {
  const load = step(
    "LoadPage",
    ["INVALID_ARGUMENT"],
    async ({ valid }: { readonly valid: ListWorkflowExecutionsRequest }, { environment }) => {
      const statuses = valid.phase === 0 ? [] : statusesOfExecutionPhase(valid.phase);
      if (valid.phase !== 0 && statuses.length === 0)
        throw invalidField("phase", `${valid.phase} is no phase of a run`);
      const filter = statuses.length === 0 ? {} : { statuses: statuses as NonNullable<RunQuery["statuses"]> };
      return { page: await publishedPage(environment.store.runs, filter, valid, valid.tags) };
    },
  );
  return Pipeline.start<ListWorkflowExecutionsRequest>("workflow_execution.list")
    .step(authorize)
    .step(validateProto(ListWorkflowExecutionsRequestSchema))
    .step(load)
    .reply(ports.environment, ({ page }) => page);
}

/** Lists the runs of a workflow, newest first. */
export function listWorkflowExecutionsByWorkflow(
  ports: ExecutionPorts,
): UnaryHandler<ListWorkflowExecutionsByWorkflowRequest, WorkflowExecutionList> {
  const load = step(
    "LoadByWorkflow",
    ["INVALID_ARGUMENT"],
    async ({ valid }: { readonly valid: ListWorkflowExecutionsByWorkflowRequest }, { environment }) => ({
      page: await publishedPage(environment.store.runs, { workflowId: valid.workflowId }, valid, []),
    }),
  );
  return Pipeline.start<ListWorkflowExecutionsByWorkflowRequest>("workflow_execution.listByWorkflow")
    .step(authorize)
    .step(validateProto(ListWorkflowExecutionsByWorkflowRequestSchema))
    .step(load)
    .reply(ports.environment, ({ page }) => page);
}

interface PageRequest {
  readonly pageSize: number;
  /** The published answer has no token, so this is the id of the last run of the page before. */
  readonly pageToken: string;
}

/**
 * A page in the published form. Its `total_pages` cannot count runs without looking at all of them: it says how many pages are known to be there, one more than this one when there is more.
 */
async function publishedPage(
  runs: RunReader,
  filter: Omit<RunQuery, "limit" | "cursor">,
  request: PageRequest,
  tags: readonly string[],
): Promise<WorkflowExecutionList> {
  if (request.pageSize < 0) throw invalidField("page_size", "is negative, should be how many runs a page has");
  const size = Math.min(request.pageSize === 0 ? PAGE_SIZE_DEFAULT : request.pageSize, PUBLISHED_PAGE_SIZE_MAX);
  const after = request.pageToken === "" ? undefined : await lastOfPage(runs, request.pageToken);
  const query = after === undefined ? filter : { ...filter, createdBefore: after.createdAt + 1 };
  const entries: RunRow[] = [];
  let cursor: string | undefined;
  let scanned = 0;
  do {
    const page = await runs.list({ ...query, limit: size + 1, ...(cursor === undefined ? {} : { cursor }) });
    scanned += page.rows.length;
    entries.push(...page.rows.filter((row) => (after === undefined || row.run < after.run) && hasTags(row, tags)));
    cursor = page.next;
  } while (cursor !== undefined && entries.length <= size && scanned < SCANNED_MAX);
  const more = entries.length > size || cursor !== undefined;
  const totalPages = (after === undefined ? 0 : 1) + (entries.length > 0 ? 1 : 0) + (more ? 1 : 0);
  return create(WorkflowExecutionListSchema, {
    totalPages,
    entries: entries.slice(0, size).map((row) => presentExecution(row)),
  });
}

async function lastOfPage(runs: RunReader, id: string): Promise<RunRow> {
  const row = await runs.get(id);
  if (row !== undefined) return row;
  const description =
    "should be the id of the last run of the page before, which is not there any more: start again without a token";
  throw new ApiError("PAGE_TOKEN_INVALID", `page_token: ${description}`, {
    violations: [{ field: "page_token", description }],
  });
}

function hasTags(row: RunRow, tags: readonly string[]): boolean {
  if (tags.length === 0) return true;
  const present = new Set(metadataOf(presentExecution(row)).tags);
  return tags.every((tag) => present.has(tag));
}
