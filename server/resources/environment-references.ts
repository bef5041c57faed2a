import { clone } from "@bufbuild/protobuf";
import type { Environment } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import { ApiResourceKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import {
  type ApiResourceReference,
  ApiResourceReferenceSchema,
} from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import { ApiError } from "../errors/api-error.ts";
import { invalidArgument } from "../pipeline/refusal.ts";
import type { StepScope } from "../pipeline/step.ts";
import { metadataOf } from "../pipeline/stored-resource.ts";
import { withinUnit } from "./in-process-call.ts";
import type { ResourcePorts } from "./ports.ts";

const REFERENCES_MAX = 100;

/** Checks references to environments: each one must exist, and an org-scoped one belong to the same organization. Refusals name the reference. */
export async function checkEnvironmentReferences(
  ports: Pick<ResourcePorts, "clients">,
  references: readonly ApiResourceReference[],
  org: string,
  field: string,
  scope: Pick<StepScope, "call" | "unit">,
): Promise<void> {
  if (references.length > REFERENCES_MAX) {
    throw invalidArgument(
      "REQUEST_INVALID",
      `${field}: has ${references.length} references, should have at most ${REFERENCES_MAX}`,
      {
        field,
        description: `should have at most ${REFERENCES_MAX} references`,
      },
    );
  }
  for (const [index, reference] of references.entries()) {
    await loadReferencedEnvironment(ports, reference, org, `${field}[${index}]`, scope);
  }
}

/** Loads the environment a reference names, redacted, through the environment service; without an organization in the one of the resource that refers to it. */
export async function loadReferencedEnvironment(
  { clients }: Pick<ResourcePorts, "clients">,
  reference: ApiResourceReference,
  org: string,
  field: string,
  scope: Pick<StepScope, "call" | "unit">,
): Promise<Environment> {
  const wanted = clone(ApiResourceReferenceSchema, reference);
  if (wanted.org === "") wanted.org = org;
  // The published rule of agent instances wrote workflow_execution (52) where environment (53) was meant, and clients were made for it.
  if (wanted.kind === ApiResourceKind.workflow_execution) wanted.kind = ApiResourceKind.environment;
  let environment: Environment;
  try {
    environment = await clients.environment.query.getByReference(wanted, withinUnit(scope));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new ApiError(error.reason, error.message, {
      violations: [{ field, description: error.message }],
      metadata: error.metadata,
    });
  }
  const metadata = metadataOf(environment);
  if (metadata.ownerScope === ApiResourceOwnerScope.organization && metadata.org !== org) {
    const message = `Cannot use Environment "${metadata.slug}" of org '${metadata.org}' in org '${org}': environments are used in their own organization only`;
    throw invalidArgument("ORGANIZATION_MISMATCH", message, { field, description: message });
  }
  return environment;
}
