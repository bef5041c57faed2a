import { create } from "@bufbuild/protobuf";
import {
  type WorkflowExecution,
  WorkflowExecutionStatusSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  type WorkflowExecutionSpec,
  WorkflowExecutionSpecSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/spec_pb.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import type { StartRun } from "../../engine/engine.ts";
import { ApiError } from "../../errors/api-error.ts";
import { createdAudit } from "../../pipeline/audit.ts";
import type { StepScope } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import type { DefinitionRow, RunRow } from "../../store/ports.ts";
import { redactVariables } from "../sealed-values.ts";
import type { DefinitionCache } from "../definition-cache.ts";
import type { ResourcePorts } from "../ports.ts";
import { checkInput } from "./check-input.ts";
import { throughEngine } from "./engine-refusal.ts";
import { mergeVariables } from "./merge-variables.ts";
import type { RunTarget } from "./run-targets.ts";
import { encodeExecution } from "./stored-execution.ts";
import { jsonOfValue } from "./value-json.ts";

/** A run to start: its execution with id, slug and organization, what it runs, and which version of that. */
export interface RunRequest {
  readonly execution: WorkflowExecution;
  readonly target: RunTarget;
  readonly digest: string;
  /** The input of a child, given as JSON; that of other runs is in their spec. */
  readonly input?: Json;
  readonly parent?: NonNullable<StartRun["parent"]>;
}

/** Starts a run: one commit takes the execution, what else its request wrote (a default instance made anew) and the engine's first fact. */
export async function startRun(
  ports: ResourcePorts,
  definitions: DefinitionCache,
  { execution, target, digest, input, parent }: RunRequest,
  scope: StepScope,
): Promise<RunRow> {
  const document = await definitions.load(digest);
  if (document === undefined) throw new ApiError("VERSION_NOT_FOUND", `Workflow version not found: ${digest}`);
  const spec = execution.spec ?? create(WorkflowExecutionSpecSchema);
  const given = input ?? inputOf(spec);
  // What a task gave to a child is the parent's affair: it sees the fault of the child.
  if (parent === undefined) checkInput(document, given);
  const variables = await mergeVariables(ports, { ...target, document, runtimeEnv: spec.runtimeEnv }, scope);
  const metadata = metadataOf(execution);
  const request: StartRun = {
    id: metadata.id,
    org: metadata.org,
    slug: metadata.slug,
    workflowId: metadataOf(target.workflow).id,
    instanceId: metadataOf(target.instance).id,
    digest,
    labels: metadata.labels,
    data: storedForm(execution, target, digest, scope),
    input: given,
    ...variables,
    ...(spec.idempotencyKey === "" ? {} : { idempotencyKey: spec.idempotencyKey }),
    ...(parent === undefined ? {} : { parent }),
    writes: scope.unit.writes(),
  };
  if (scope.unit.dryRun) return notStarted(request, scope.environment.nowMs());
  const row = await throughEngine(metadata.id, () => ports.engine().start(request));
  scope.unit.committed();
  return row;
}

/** The row of a run that a dry run would have started. */
function notStarted(
  { id, org, slug, workflowId, instanceId, digest, labels, data }: StartRun,
  createdAt: number,
): RunRow {
  return {
    run: 0,
    id,
    org,
    slug,
    workflowId,
    instanceId,
    digest,
    labels,
    data,
    status: "pending",
    createdAt,
    head: 0,
    active: false,
    version: 0,
  };
}

/** The execution as it is kept: with what the server decided, and without secrets, which the engine keeps sealed. */
function storedForm(
  execution: WorkflowExecution,
  target: RunTarget,
  digest: string,
  { environment, call }: StepScope,
): Uint8Array {
  const given = execution.spec ?? create(WorkflowExecutionSpecSchema);
  const runtimeEnv = Object.fromEntries(
    Object.entries(given.runtimeEnv).map(([name, variable]) => [name, { ...variable }]),
  );
  redactVariables(runtimeEnv);
  const workflowInstanceId = metadataOf(target.instance).id;
  const spec = { ...given, workflowInstanceId, workflowRevision: digest, runtimeEnv };
  const audit = createdAudit(call.principal.id, environment.nowMs());
  const status = create(WorkflowExecutionStatusSchema, { audit });
  // A copy of what changes, not a clone: the input may be large.
  return encodeExecution({ ...execution, spec, status });
}

/** The input of a run: `input`, or else message and metadata of its trigger where there are any, or else an empty object. */
export function inputOf({ input, triggerMessage, triggerMetadata }: WorkflowExecutionSpec): Json {
  if (input !== undefined) return jsonOfValue(input);
  if (triggerMessage === "" && Object.keys(triggerMetadata).length === 0) return {};
  return { message: triggerMessage, metadata: triggerMetadata };
}

/** The digest of the version a run asks for; the current one when it asks for none. Throws NOT_FOUND for a version of no or another workflow. */
export async function digestFor(
  revision: string,
  { workflow }: RunTarget,
  { environment: { store } }: StepScope,
): Promise<string> {
  const current = workflow.status?.definitionDigest ?? "";
  if (revision === "" || revision === current) return current;
  const { id } = metadataOf(workflow);
  let row: DefinitionRow | undefined = await store.definitions.byDigest(revision);
  let cursor: string | undefined;
  while (row !== undefined && row.workflowId !== id) {
    const page = await store.definitions.list(id, 100, cursor);
    row = page.rows.find(({ digest }) => digest === revision) ?? (page.next === undefined ? undefined : row);
    cursor = page.next;
  }
  if (row !== undefined) return row.digest;
  throw new ApiError("VERSION_NOT_FOUND", `Workflow version not found: ${revision} of ${id}`, {
    violations: [{ field: "spec.workflow_revision", description: "is no version of the workflow" }],
  });
}
