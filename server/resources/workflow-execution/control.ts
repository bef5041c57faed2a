import { type Message, toJson } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { type Value, ValueSchema } from "@bufbuild/protobuf/wkt";
import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  type CancelWorkflowExecutionRequest,
  CancelWorkflowExecutionRequestSchema,
  type GotoTaskRequest,
  GotoTaskRequestSchema,
  type PatchContextRequest,
  PatchContextRequestSchema,
  type ResumeWorkflowExecutionRequest,
  ResumeWorkflowExecutionRequestSchema,
  type RetryWorkflowExecutionRequest,
  RetryWorkflowExecutionRequestSchema,
  type SkipTaskRequest,
  SkipTaskRequestSchema,
  type SuspendWorkflowExecutionRequest,
  SuspendWorkflowExecutionRequestSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { isJsonObject, type Json, type JsonObject, setKey } from "@stigmer/core/lib/json.ts";
import type { ControlRequest } from "../../engine/engine.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { step } from "../../pipeline/step.ts";
import type { RunRow } from "../../store/ports.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { throughEngine } from "./engine-refusal.ts";
import { findRun, loadRun, refuseQuarantined } from "./load-run.ts";
import { taskKindAt } from "./present-tasks.ts";
import { ApiError } from "../../errors/api-error.ts";
import { presentWhole } from "./present-execution.ts";

type Control = Message & { readonly executionId: string; readonly reason: string };

/** A control of a run: what the request asks the engine for. It is durable when it is answered, and the answer is the run as it stands then. */
function controlOf<Request extends Control>(
  ports: ExecutionPorts,
  name: string,
  schema: GenMessage<Request>,
  requested: (request: Request, run: RunRow) => ControlRequest | Promise<ControlRequest>,
): UnaryHandler<Request, WorkflowExecution> {
  const control = step(
    "Control",
    ["INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION"],
    async ({ valid, run }: { readonly valid: Request; readonly run: RunRow }, { unit }) => {
      refuseQuarantined(run);
      const request = await requested(valid, run);
      await requireTask(ports, run, request);
      if (!unit.dryRun) await throughEngine(run.id, () => ports.engine().control(run.id, request));
      const row = await findRun(ports.environment.store.runs, run.id);
      return { whole: await presentWhole(ports.engine(), ports.definitions, row) };
    },
  );
  return Pipeline.start<Request>(`workflow_execution.${name}`)
    .step(authorize)
    .step(validateProto(schema))
    .step(loadRun)
    .step(control)
    .reply(ports.environment, ({ whole }) => whole);
}

/** Ends a run. */
export function cancelWorkflowExecution(
  ports: ExecutionPorts,
): UnaryHandler<CancelWorkflowExecutionRequest, WorkflowExecution> {
  return controlOf(ports, "cancel", CancelWorkflowExecutionRequestSchema, (request) => ({
    type: "cancelled",
    ...reasonOf(request),
  }));
}

/** Halts a run. */
export function suspendWorkflowExecution(
  ports: ExecutionPorts,
): UnaryHandler<SuspendWorkflowExecutionRequest, WorkflowExecution> {
  return controlOf(ports, "suspend", SuspendWorkflowExecutionRequestSchema, (request) => ({
    type: "suspended",
    ...reasonOf(request),
  }));
}

/** Lets a suspended run go on. */
export function resumeWorkflowExecution(
  ports: ExecutionPorts,
): UnaryHandler<ResumeWorkflowExecutionRequest, WorkflowExecution> {
  return controlOf(ports, "resume", ResumeWorkflowExecutionRequestSchema, (request) => ({
    type: "resumed",
    ...reasonOf(request),
  }));
}

/** Runs a run again from a task. */
export function retryWorkflowExecution(
  ports: ExecutionPorts,
): UnaryHandler<RetryWorkflowExecutionRequest, WorkflowExecution> {
  return controlOf(ports, "retry", RetryWorkflowExecutionRequestSchema, (request) => ({
    type: "retried",
    ...(request.task === "" ? {} : { pointer: request.task }),
    ...(request.input === undefined ? {} : { input: jsonOf(request.input) }),
    ...reasonOf(request),
  }));
}

/** Takes a task as done. */
export function skipTask(ports: ExecutionPorts): UnaryHandler<SkipTaskRequest, WorkflowExecution> {
  return controlOf(ports, "skip", SkipTaskRequestSchema, (request) => ({
    type: "skipped",
    pointer: request.task,
    ...(request.output === undefined ? {} : { output: jsonOf(request.output) }),
    ...reasonOf(request),
  }));
}

/** Goes on at another task. */
export function gotoTask(ports: ExecutionPorts): UnaryHandler<GotoTaskRequest, WorkflowExecution> {
  return controlOf(ports, "goto", GotoTaskRequestSchema, (request) => ({
    type: "jumped",
    pointer: request.task,
    ...(request.input === undefined ? {} : { input: jsonOf(request.input) }),
    ...reasonOf(request),
  }));
}

/** Changes `$context` by a merge patch; patches of one run follow each other. */
export function patchContext(ports: ExecutionPorts): UnaryHandler<PatchContextRequest, WorkflowExecution> {
  const patch = controlOf(ports, "patchContext", PatchContextRequestSchema, async (request, run) => {
    const context = (await ports.engine().view(run.id))?.context ?? {};
    return { type: "patched", context: mergePatch(context, (request.patch ?? {}) as JsonObject), ...reasonOf(request) };
  });
  return (request, call) => ports.environment.locks.run(`patch ${request.executionId}`, () => patch(request, call));
}

/** A control that names a task must name one of the definition the run is pinned to. */
async function requireTask(ports: ExecutionPorts, run: RunRow, control: ControlRequest): Promise<void> {
  const pointer = "pointer" in control ? control.pointer : undefined;
  if (pointer === undefined) return;
  if (taskKindAt(pointer, await ports.definitions.load(run.digest)) !== undefined) return;
  throw new ApiError("TASK_NOT_FOUND", `Task not found: ${pointer}`, {
    violations: [{ field: "task", description: `should be the JSON pointer of a task of run ${run.id}` }],
  });
}

function reasonOf({ reason }: Control): { readonly reason?: string } {
  return reason === "" ? {} : { reason };
}

function jsonOf(value: Value): Json {
  return toJson(ValueSchema, value) as Json;
}

/** RFC 7396: members replace, null removes, objects are merged. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const merged: Record<string, Json> = {};
  if (isJsonObject(target)) for (const [key, value] of Object.entries(target)) setKey(merged, key, value);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else setKey(merged, key, mergePatch(Object.hasOwn(merged, key) ? (merged[key] as Json) : {}, value));
  }
  return merged;
}
