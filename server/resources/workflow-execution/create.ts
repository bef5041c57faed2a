import {
  type WorkflowExecution,
  WorkflowExecutionSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import type { RunOutcome } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { ApiError } from "../../errors/api-error.ts";
import { DRY_RUN_HEADER } from "../../pipeline/call-context.ts";
import { idExists, invalidField, slugExists } from "../../pipeline/refusal.ts";
import { isResourceId, resourceId } from "../../pipeline/resource-id.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { retryConflicts } from "../../pipeline/retry-conflicts.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { slugOf } from "../../pipeline/steps/resolve-slug.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { SLUG_LENGTH_MAX } from "../../pipeline/slug.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { isSwitchedOn } from "../../pipeline/switch-header.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import type { RunRow } from "../../store/ports.ts";
import { endOf, presentOutcome } from "./await-end.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { presentExecution } from "./present-execution.ts";
import { resolveInstance } from "./resolve-instance.ts";
import type { RunTarget, RunTargets } from "./run-targets.ts";
import { digestFor, startRun } from "./start-run.ts";

const ID_PREFIX = "wex";

/** Starts a run of a workflow or an instance. With an idempotency key that is known, gives the run that has it. */
export function createWorkflowExecution(
  ports: ExecutionPorts,
  targets: RunTargets,
): UnaryHandler<WorkflowExecution, WorkflowExecution> {
  const start = startRequested(ports, targets, "workflow_execution.create");
  return async (request, call) => presentExecution(await start(request, call));
}

/** Starts a run as `create` does, and answers with its outcome once it has ended. A run of a dry run never ends: it is refused. */
export function runWorkflowExecution(
  ports: ExecutionPorts,
  targets: RunTargets,
): UnaryHandler<WorkflowExecution, RunOutcome> {
  const start = startRequested(ports, targets, "workflow_execution.run");
  return async (request, call) => {
    if (isSwitchedOn(call, DRY_RUN_HEADER)) {
      const message = "Cannot run dry: a run that is not started has no end, use create to check the request";
      throw new ApiError("REQUEST_INVALID", message);
    }
    return presentOutcome(await endOf(ports, await start(request, call), call));
  };
}

function startRequested(
  ports: ExecutionPorts,
  targets: RunTargets,
  name: string,
): UnaryHandler<WorkflowExecution, RunRow> {
  const start = Pipeline.start<WorkflowExecution>(name)
    .step(authorize)
    .step(validateProto(WorkflowExecutionSchema))
    .step(findByIdempotencyKey)
    .step(resolveInstance(ports, targets))
    .step(buildExecution)
    .step(startWorkflow(ports))
    .reply(ports.environment, ({ started }) => started);
  return async (request, call) => {
    try {
      return await retryConflicts(["version", "missing"], async () => {
        try {
          return await start(request, call);
        } catch (error) {
          targets.forget(request.spec?.workflowId ?? "", request.spec?.workflowInstanceId ?? "");
          throw error;
        }
      });
    } catch (error) {
      if (error instanceof Known) return error.row;
      throw error;
    }
  };
}

/** Ends the pipeline early: the run is there already. */
class Known extends Error {
  readonly row: RunRow;

  constructor(row: RunRow) {
    super("The run is known");
    this.row = row;
  }
}

/** Answers a repeated request with the run of the first one, as long as it asks for the same. */
const findByIdempotencyKey: Step<{ readonly valid: WorkflowExecution }, { readonly keyChecked: true }> = step(
  "FindByIdempotencyKey",
  ["FAILED_PRECONDITION"],
  async ({ valid }, { environment }) => {
    const { idempotencyKey = "", workflowId = "", workflowInstanceId = "" } = valid.spec ?? {};
    if (idempotencyKey === "") return { keyChecked: true };
    const row = await environment.store.runs.byIdempotencyKey(metadataOf(valid).org, idempotencyKey);
    if (row === undefined) return { keyChecked: true };
    if (
      (workflowInstanceId !== "" && workflowInstanceId !== row.instanceId) ||
      (workflowId !== "" && workflowInstanceId === "" && workflowId !== row.workflowId)
    ) {
      throw new ApiError(
        "IDEMPOTENCY_CONFLICT",
        `Cannot start a run: idempotency key "${idempotencyKey}" was used for run ${row.id} of another workflow or instance`,
      );
    }
    throw new Known(row);
  },
);

/** Gives the execution its id, slug and organization. Adds it as `execution`. */
const buildExecution: Step<
  { readonly valid: WorkflowExecution; readonly target: RunTarget; readonly keyChecked: true },
  { readonly execution: WorkflowExecution }
> = step("BuildNewState", ["INVALID_ARGUMENT", "ALREADY_EXISTS"], async ({ valid, target }, { environment }) => {
  // The request may be tried again, so it stays as it is.
  const metadata = { ...metadataOf(valid) };
  const execution = { ...valid, metadata };
  const { runs } = environment.store;
  if (metadata.org === "") metadata.org = metadataOf(target.instance).org;
  if (metadata.ownerScope === ApiResourceOwnerScope.api_resource_owner_scope_unspecified)
    metadata.ownerScope = ApiResourceOwnerScope.organization;
  if (metadata.id === "") metadata.id = resourceId(ID_PREFIX, environment.ulids.next());
  else if (!isResourceId(ID_PREFIX, metadata.id))
    throw invalidField(
      "metadata.id",
      `should be empty or of the form ${ID_PREFIX}-<26 characters of a lowercase ULID>`,
    );
  else if ((await runs.get(metadata.id)) !== undefined) throw idExists("WorkflowExecution", metadata.id);
  // Nobody has to think of a name for a run; that of a new id is no other's, so that only the commit looks whether its slug is taken.
  if (metadata.name === "" && metadata.slug === "") {
    metadata.name = `execution-${metadata.id.slice(ID_PREFIX.length + 1)}`;
    metadata.slug = metadata.name;
    return { execution };
  }
  metadata.slug = slugOf(metadata.slug, metadata.name, SLUG_LENGTH_MAX);
  const [taken] = await runs.bySlug(metadata.slug, metadata.org);
  if (taken !== undefined) throw slugExists("WorkflowExecution", metadata.slug, taken.id);
  return { execution };
});

/** Hands the run to the engine. Adds its row as `started`. */
function startWorkflow(
  ports: ExecutionPorts,
): Step<{ readonly execution: WorkflowExecution; readonly target: RunTarget }, { readonly started: RunRow }> {
  return step("StartWorkflow", ["INVALID_ARGUMENT", "NOT_FOUND"], async ({ execution, target }, scope) => {
    const digest = await digestFor(execution.spec?.workflowRevision ?? "", target, scope);
    return { started: await startRun(ports, ports.definitions, { execution, target, digest }, scope) };
  });
}
