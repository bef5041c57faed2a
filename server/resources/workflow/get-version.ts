import {
  type GetWorkflowVersionRequest,
  GetWorkflowVersionRequestSchema,
  type WorkflowVersion,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_pb.ts";
import { notFound } from "../../pipeline/refusal.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { decodeRow } from "../../pipeline/stored-resource.ts";
import { step } from "../../pipeline/step.ts";
import type { ResourcePorts } from "../ports.ts";
import { findVersion, type VersionChoice } from "./find-version.ts";
import { workflowKind } from "./kind.ts";
import { presentVersion } from "./present-version.ts";

/** Gives one version with its text: by digest, by revision, or the current one. */
export function getWorkflowVersion(ports: ResourcePorts): UnaryHandler<GetWorkflowVersionRequest, WorkflowVersion> {
  return Pipeline.start<GetWorkflowVersionRequest>("workflow.getVersion")
    .step(authorize)
    .step(validateProto(GetWorkflowVersionRequestSchema))
    .step(loadVersion)
    .reply(ports.environment, ({ version }) => version);
}

const loadVersion = step(
  "LoadVersion",
  ["NOT_FOUND"],
  async ({ valid }: { readonly valid: GetWorkflowVersionRequest }, { environment, unit }) => {
    const row = await unit.get(workflowKind.key, valid.workflowId);
    if (row === undefined) throw notFound(workflowKind.name, valid.workflowId);
    const { resource } = decodeRow(workflowKind, row);
    const choice = choiceOf(valid) ?? { revision: Number(resource.status?.revision ?? 0n) };
    return { version: presentVersion(await findVersion(environment.store, row.id, choice), resource) };
  },
);

/** Digests and revisions that no workflow can have are simply not found. */
function choiceOf({ version }: GetWorkflowVersionRequest): VersionChoice | undefined {
  if (version.case === "digest") return { digest: version.value };
  if (version.case !== "revision") return undefined;
  const revision = version.value;
  return { revision: revision > 0n && revision <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(revision) : 0 };
}
