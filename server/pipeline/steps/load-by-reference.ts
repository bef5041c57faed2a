import type { ApiResourceReference } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import { chooseBySlug } from "../choose-by-slug.ts";
import { invalidArgument, notFound } from "../refusal.ts";
import { isResourceId } from "../resource-id.ts";
import { kindKeyOf, type ResourceKind, type ResourceMessage } from "../resource-kind.ts";
import { type Step, step } from "../step.ts";
import type { ResourceRow } from "../../store/ports.ts";
import type { UnitOfWork } from "../unit-of-work.ts";

/** Loads what a reference names: by slug and organization, or by an id in the place of the slug. Adds its row as `stored`. */
export function loadByReference<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<{ readonly valid: ApiResourceReference }, { readonly stored: ResourceRow }> {
  return step("LoadByReference", ["INVALID_ARGUMENT", "NOT_FOUND"], async ({ valid }, { unit }) => ({
    stored: await findByReference(kind, valid, unit),
  }));
}

/** The lookup of `loadByReference`. Scope, when given, must be the resource's: a reference never finds something else than it says. */
export async function findByReference<R extends ResourceMessage>(
  kind: ResourceKind<R>,
  reference: ApiResourceReference,
  unit: UnitOfWork,
): Promise<ResourceRow> {
  const { slug, org, scope } = reference;
  if (slug === "")
    throw invalidArgument("REFERENCE_INVALID", "slug is required in reference", {
      field: "slug",
      description: "is empty",
    });
  if (reference.kind !== 0 && reference.kind !== kind.value) {
    const message = `kind mismatch: expected ${kind.key}, got ${kindKeyOf(reference.kind)}`;
    throw invalidArgument("REFERENCE_INVALID", message, { field: "kind", description: `should be ${kind.key}` });
  }
  const matches = (await unit.bySlug(kind.key, slug, org === "" ? undefined : org)).filter(
    (row) => scope === 0 || row.scope === scope || scope === SCOPE_ORGANIZATION,
  );
  if (matches.length === 0 && isResourceId(kind.idPrefix, slug)) {
    const row = await unit.get(kind.key, slug);
    if (row !== undefined && (org === "" || row.org === org)) return row;
    throw notFound(kind.name, slug);
  }
  return chooseBySlug(kind.name, slug, matches);
}

/** Clients of the published contract send `organization` by default, also for what has another scope; it therefore narrows nothing. */
const SCOPE_ORGANIZATION = 2;
