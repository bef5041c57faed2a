import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Workflow, WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowStatusSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/status_pb.ts";
import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  type WorkflowInstance,
  WorkflowInstanceSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { ApiResourceKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { ApiError } from "../../errors/api-error.ts";
import { invalidArgument } from "../../pipeline/refusal.ts";
import { type Step, type StepScope, step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import { DEFAULT_INSTANCE_DESCRIPTION, defaultInstanceMetadata } from "../default-instance.ts";
import { isNotFound, withinUnit } from "../in-process-call.ts";
import type { ResourcePorts } from "../ports.ts";
import type { RunTarget, RunTargets } from "./run-targets.ts";

/** Finds the instance to run: the one given, or the default one of the workflow given, which is found again or made anew when it is missing. Adds it with its workflow as `target`. */
export function resolveInstance(
  ports: Pick<ResourcePorts, "clients">,
  targets: RunTargets,
): Step<{ readonly valid: WorkflowExecution }, { readonly target: RunTarget }> {
  return step("ValidateWorkflowOrInstance", ["INVALID_ARGUMENT", "NOT_FOUND"], async ({ valid }, scope) => {
    const { workflowId = "", workflowInstanceId = "" } = valid.spec ?? {};
    const kept = targets.find(workflowId, workflowInstanceId, scope);
    const target = kept ?? (await findTarget(ports, workflowId, workflowInstanceId, scope));
    if (kept === undefined) targets.keep(workflowId, workflowInstanceId, target, scope);
    const metadata = metadataOf(target.instance);
    const org = metadataOf(valid).org;
    if (metadata.ownerScope === ApiResourceOwnerScope.organization && org !== "" && org !== metadata.org) {
      const message = `Cannot run an instance of another organization: it belongs to org '${metadata.org}', the execution to org '${org}'`;
      throw invalidArgument("ORGANIZATION_MISMATCH", message, {
        field: "metadata.org",
        description: `should be '${metadata.org}'`,
      });
    }
    if (kept === undefined) scope.unit.require("workflow_instance", metadata.id);
    return { target };
  });
}

async function findTarget(
  { clients }: Pick<ResourcePorts, "clients">,
  workflowId: string,
  instanceId: string,
  scope: StepScope,
): Promise<RunTarget> {
  if (instanceId !== "") {
    const instance = await clients.workflowInstance.query.get({ value: instanceId }, withinUnit(scope));
    const workflow = await clients.workflow.query.get({ value: instance.spec?.workflowId ?? "" }, withinUnit(scope));
    return { workflow, instance };
  }
  if (workflowId === "") {
    const message = "either workflow_id or workflow_instance_id must be provided";
    throw new ApiError("EXECUTION_TARGET_REQUIRED", message, {
      violations: [{ field: "spec.workflow_id", description: message }],
    });
  }
  const workflow = await clients.workflow.query.get({ value: workflowId }, withinUnit(scope));
  return { workflow, instance: await defaultInstanceOf(clients, workflow, scope) };
}

/** The default instance of a workflow. */
export async function defaultInstanceOf(
  clients: ResourcePorts["clients"],
  workflow: Workflow,
  scope: StepScope,
): Promise<WorkflowInstance> {
  const id = workflow.status?.defaultInstanceId ?? "";
  const named =
    id === "" ? undefined : await ifFound(clients.workflowInstance.query.get({ value: id }, withinUnit(scope)));
  if (named !== undefined) return named;
  const found = await findOrMake(clients, workflow, scope);
  await adopt(workflow, metadataOf(found).id, scope);
  return found;
}

async function findOrMake(
  clients: ResourcePorts["clients"],
  workflow: Workflow,
  scope: StepScope,
): Promise<WorkflowInstance> {
  const metadata = defaultInstanceMetadata(metadataOf(workflow));
  const { org, slug } = metadata;
  const reference = { org, slug, kind: ApiResourceKind.workflow_instance };
  const bySlug = await ifFound(clients.workflowInstance.query.getByReference(reference, withinUnit(scope)));
  if (bySlug?.spec?.workflowId === metadataOf(workflow).id) return bySlug;
  // A slug taken by an instance of another workflow must not keep this one from running.
  if (bySlug !== undefined) metadata.slug = `${slug.slice(0, 40)}-${scope.environment.ulids.next()}`;
  return clients.workflowInstance.command.create(
    create(WorkflowInstanceSchema, {
      apiVersion: workflow.apiVersion,
      kind: "WorkflowInstance",
      metadata,
      spec: { workflowId: metadataOf(workflow).id, description: DEFAULT_INSTANCE_DESCRIPTION },
    }),
    withinUnit(scope),
  );
}

/** Writes the id of the instance into the workflow's status, in the same commit as the run. */
async function adopt(workflow: Workflow, instanceId: string, { unit }: StepScope): Promise<void> {
  const row = await unit.get("workflow", metadataOf(workflow).id);
  if (row === undefined) return;
  const stored = fromBinary(WorkflowSchema, row.data);
  stored.status ??= create(WorkflowStatusSchema);
  stored.status.defaultInstanceId = instanceId;
  unit.put({ ...row, version: row.version + 1, data: toBinary(WorkflowSchema, stored) }, row.version);
}

async function ifFound<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
