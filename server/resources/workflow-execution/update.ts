import { clone, create, equals } from "@bufbuild/protobuf";
import {
  type WorkflowExecution,
  WorkflowExecutionSchema,
  WorkflowExecutionStatusSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  type WorkflowExecutionSpec,
  WorkflowExecutionSpecSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/spec_pb.ts";
import { updatedAudit } from "../../pipeline/audit.ts";
import { changed, idRequired, invalidField } from "../../pipeline/refusal.ts";
import { chooseBySlug } from "../../pipeline/choose-by-slug.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { retryConflicts } from "../../pipeline/retry-conflicts.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { slugOfName } from "../../pipeline/slug.ts";
import { type StepScope, step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import type { RunRow } from "../../store/ports.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { findRun, runDataLock } from "./load-run.ts";
import { presentExecution } from "./present-execution.ts";
import { encodeExecution, executionOf } from "./stored-execution.ts";

/** Replaces name, labels, annotations and tags of a run. What it runs cannot be changed any more: a spec that says something else is refused. */
export function updateWorkflowExecution(ports: ExecutionPorts): UnaryHandler<WorkflowExecution, WorkflowExecution> {
  const update = Pipeline.start<WorkflowExecution>("workflow_execution.update")
    .step(authorize)
    .step(validateProto(WorkflowExecutionSchema))
    .step(loadExisting)
    .step(replaceMetadata)
    .reply(ports.environment, ({ updated }) => presentExecution(updated));
  return (request, call) =>
    retryConflicts((request.metadata?.resourceVersion ?? 0n) === 0n ? ["version"] : [], () => update(request, call));
}

const loadExisting = step(
  "LoadExisting",
  ["INVALID_ARGUMENT", "NOT_FOUND"],
  async ({ valid }: { readonly valid: WorkflowExecution }, { environment }) => {
    const { id, org, name } = metadataOf(valid);
    const slug = metadataOf(valid).slug || slugOfName(name);
    const { runs } = environment.store;
    if (id === "" && slug === "") throw idRequired("metadata.id", "resource id or slug is required for update");
    const run =
      id === ""
        ? chooseBySlug("WorkflowExecution", slug, await runs.bySlug(slug, org === "" ? undefined : org))
        : await findRun(runs, id);
    return { run };
  },
);

const replaceMetadata = step(
  "Persist",
  ["INVALID_ARGUMENT", "ABORTED"],
  async ({ valid, run: found }: { readonly valid: WorkflowExecution; readonly run: RunRow }, scope) => {
    const { locks, store } = scope.environment;
    return locks.run(runDataLock(found.id), async () => {
      const run = await findRun(store.runs, found.id);
      requireVersion(run, valid);
      return { updated: await withMetadata(run, valid, scope) };
    });
  },
);

async function withMetadata(
  run: RunRow,
  valid: WorkflowExecution,
  { environment, call, unit }: StepScope,
): Promise<RunRow> {
  const stored = executionOf(run);
  refuseOtherSpec(valid.spec, stored.spec ?? create(WorkflowExecutionSpecSchema));
  const { name, labels, annotations, tags } = metadataOf(valid);
  Object.assign(metadataOf(stored), { name, labels, annotations, tags });
  stored.status ??= create(WorkflowExecutionStatusSchema);
  stored.status.audit = updatedAudit(stored.status.audit, call.principal.id, environment.nowMs());
  const data = encodeExecution(stored);
  unit.add({ op: "updateRun", run: run.run, changes: { data, labels }, expect: run.version });
  await unit.commit();
  return (await environment.store.runs.get(run.id)) ?? { ...run, data, labels };
}

function requireVersion(run: RunRow, valid: WorkflowExecution): void {
  const { resourceVersion } = metadataOf(valid);
  if (resourceVersion === 0n || resourceVersion === BigInt(run.version)) return;
  throw changed(
    `Cannot update WorkflowExecution "${run.id}": resource_version is ${run.version}, not ${resourceVersion}; read it again and repeat`,
  );
}

/** Fields that are left out are left alone; the redacted spec of a `get` is the stored one. */
function refuseOtherSpec(given: WorkflowExecutionSpec | undefined, stored: WorkflowExecutionSpec): void {
  if (given === undefined || equals(WorkflowExecutionSpecSchema, given, create(WorkflowExecutionSpecSchema))) return;
  const merged = clone(WorkflowExecutionSpecSchema, given);
  if (merged.workflowInstanceId === "") merged.workflowInstanceId = stored.workflowInstanceId;
  if (merged.workflowId === "") merged.workflowId = stored.workflowId;
  if (merged.workflowRevision === "") merged.workflowRevision = stored.workflowRevision;
  if (merged.idempotencyKey === "") merged.idempotencyKey = stored.idempotencyKey;
  for (const [name, variable] of Object.entries(merged.runtimeEnv)) {
    const kept = Object.hasOwn(stored.runtimeEnv, name) ? stored.runtimeEnv[name] : undefined;
    if (variable.isSecret && kept?.isSecret === true) variable.value = kept.value;
  }
  if (equals(WorkflowExecutionSpecSchema, merged, stored)) return;
  throw invalidField("spec", "cannot be changed once the run exists, start a new run instead");
}
