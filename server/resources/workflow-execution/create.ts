import { clone } from "@bufbuild/protobuf";
import {
  type WorkflowExecution,
  WorkflowExecutionSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { ApiError } from "../../errors/api-error.ts";
import { idExists, invalidField, slugExists } from "../../pipeline/refusal.ts";
import { isResourceId, resourceId } from "../../pipeline/resource-id.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { retryConflicts } from "../../pipeline/retry-conflicts.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { slugOf } from "../../pipeline/steps/resolve-slug.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { SLUG_LENGTH_MAX } from "../../pipeline/slug.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import type { RunRow } from "../../store/ports.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { presentExecution } from "./present-execution.ts";
import { resolveInstance, type RunTarget } from "./resolve-instance.ts";
import { digestFor, startRun } from "./start-run.ts";

const ID_PREFIX = "wex";

/** Starts a run of a workflow or an instance. With an idempotency key that is known, gives the run that has it. */
export function createWorkflowExecution(ports: ExecutionPorts): UnaryHandler<WorkflowExecution, WorkflowExecution> {
  const start = Pipeline.start<WorkflowExecution>("workflow_execution.create")
    .step(authorize)
    .step(validateProto(WorkflowExecutionSchema))
    .step(findByIdempotencyKey)
    .step(resolveInstance(ports))
    .step(buildExecution)
    .step(startWorkflow(ports))
    .reply(ports.environment, ({ started }) => presentExecution(started));
  return async (request, call) => {
    try {
      return await retryConflicts(["version"], () => start(request, call));
    } catch (error) {
      if (error instanceof Known) return presentExecution(error.row);
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
> = step("BuildNewState", async ({ valid, target }, { environment }) => {
  const execution = clone(WorkflowExecutionSchema, valid);
  const metadata = metadataOf(execution);
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
  // Nobody has to think of a name for a run.
  if (metadata.name === "" && metadata.slug === "")
    metadata.name = `execution-${metadata.id.slice(ID_PREFIX.length + 1)}`;
  metadata.slug = slugOf(metadata.slug, metadata.name, SLUG_LENGTH_MAX);
  const [taken] = await runs.bySlug(metadata.slug, metadata.org);
  if (taken !== undefined) throw slugExists("WorkflowExecution", metadata.slug, taken.id);
  return { execution };
});

/** Hands the run to the engine. Adds its row as `started`. */
function startWorkflow(
  ports: ExecutionPorts,
): Step<{ readonly execution: WorkflowExecution; readonly target: RunTarget }, { readonly started: RunRow }> {
  return step("StartWorkflow", async ({ execution, target }, scope) => {
    const digest = await digestFor(execution.spec?.workflowRevision ?? "", target, scope);
    return { started: await startRun(ports, ports.definitions, { execution, target, digest }, scope) };
  });
}
