import { changed, idRequired, invalidField, notFound } from "../refusal.ts";
import type { ResourceKind, ResourceMessage } from "../resource-kind.ts";
import { type Step, step } from "../step.ts";
import { decodeRow, metadataOf, type StoredResource } from "../stored-resource.ts";
import type { ResourceRow } from "../../store/ports.ts";
import type { UnitOfWork } from "../unit-of-work.ts";
import { chooseBySlug } from "../choose-by-slug.ts";
import { slugOfName } from "../slug.ts";

/**
 * Loads what an update replaces, by id or else by slug, and checks `metadata.resource_version` when it is given. The request has no need to repeat name, slug or organization correctly:
 * the stored slug and organization stay. Adds it as `existing`, and the request as `draft`.
 */
export function loadExisting<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<{ readonly valid: R }, { readonly draft: R; readonly existing: StoredResource<R> }> {
  return step("LoadExisting", ["INVALID_ARGUMENT", "NOT_FOUND", "ABORTED"], async ({ valid }, { unit }) => {
    const row = await find(kind, valid, unit);
    const expected = metadataOf(valid).resourceVersion;
    if (expected < 0n)
      throw invalidField("metadata.resource_version", "is negative, should be the version last read, or 0 for any");
    if (expected !== 0n && expected !== BigInt(row.version)) {
      throw changed(
        `Cannot update ${kind.name} "${row.id}": resource_version is ${row.version}, not ${expected}; read it again and repeat`,
      );
    }
    return { draft: valid, existing: decodeRow(kind, row) };
  });
}

async function find<R extends ResourceMessage>(
  kind: ResourceKind<R>,
  valid: R,
  unit: UnitOfWork,
): Promise<ResourceRow> {
  const { id, org, slug, name } = metadataOf(valid);
  if (id !== "") {
    const row = await unit.get(kind.key, id);
    if (row === undefined) throw notFound(kind.name, id);
    return row;
  }
  const wanted = slug === "" ? slugOfName(name) : slug;
  if (wanted === "") throw idRequired("metadata.id", "resource id or slug is required for update");
  return chooseBySlug(kind.name, wanted, await unit.bySlug(kind.key, wanted, org === "" ? undefined : org));
}
