import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { markedShape, withoutSecretMarkers } from "@stigmer/core/lib/secret-marker.ts";
import type { Started, WorkflowIdentity } from "@stigmer/core/protocol/event.ts";
import type { RunRow } from "../../store/ports.ts";
import type { StartRun } from "../engine.ts";

/** The first fact of a run: all it may read from outside, with the shapes of its secrets in place of their values. */
export function startedFact(
  request: StartRun,
  at: number,
  workflow: WorkflowIdentity,
  runtime: { readonly name: string; readonly version: string },
): Started {
  const { id, input, env, secrets, parent } = request;
  return {
    type: "started",
    at,
    runId: id,
    workflow,
    input: withoutSecretMarkers(input),
    env: withoutSecretMarkers(env),
    secrets: Object.keys(secrets).length === 0 ? {} : (markedShape(secrets, []) as JsonObject),
    runtime: { ...runtime, metadata: {} },
    ...(parent === undefined ? {} : { parent: { runId: parent.runId, id: parent.id } }),
  };
}

/** The row of a run before its first fact. */
export function newRow(request: StartRun, run: number, at: number): RunRow {
  const { id, org, slug, workflowId, instanceId, digest, labels, data, idempotencyKey, parent } = request;
  return {
    run,
    id,
    org,
    slug,
    workflowId,
    instanceId,
    digest,
    status: "pending",
    createdAt: at,
    labels,
    data,
    head: 0,
    active: false,
    version: 0,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(parent === undefined ? {} : { parentRun: parent.run, parentCommand: parent.id }),
  };
}
