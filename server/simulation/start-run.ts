import type { Json } from "@stigmer/core/lib/json.ts";
import type { EmbeddedEngine } from "../engine/embedded/embedded-engine.ts";
import type { RunRow } from "../store/ports.ts";
import { CANARY } from "./canary.ts";
import type { GeneratedWorkflow } from "./generate-workflow.ts";

/** The organization everybody belongs to. */
export const ORG = "acme";

/** Starts a run under an idempotency key. */
export function startRun(
  engine: EmbeddedEngine,
  workflow: GeneratedWorkflow,
  input: Json,
  id: string,
  idempotencyKey: string,
  parent?: { readonly run: number; readonly id: number; readonly runId: string },
): Promise<RunRow> {
  const { digest } = workflow;
  const names = { id, org: ORG, slug: id, workflowId: digest, instanceId: digest, digest };
  const link = parent === undefined ? {} : { parent };
  return engine.start({
    ...names,
    labels: {},
    data: new Uint8Array(0),
    input,
    env: {},
    secrets: { token: CANARY },
    idempotencyKey,
    ...link,
  });
}
