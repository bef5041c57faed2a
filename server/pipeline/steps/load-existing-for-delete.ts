import { notFound } from "../refusal.ts";
import type { ResourceKind, ResourceMessage } from "../resource-kind.ts";
import { type Step, step } from "../step.ts";
import { decodeRow, type StoredResource } from "../stored-resource.ts";

/** Loads what will be deleted, so that it can be returned. Adds it as `existing`. */
export function loadExistingForDelete<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<{ readonly resourceId: string }, { readonly existing: StoredResource<R> }> {
  return step("LoadExistingForDelete", ["NOT_FOUND"], async ({ resourceId }, { unit }) => {
    const row = await unit.get(kind.key, resourceId);
    if (row === undefined) throw notFound(kind.name, resourceId);
    return { existing: decodeRow(kind, row) };
  });
}
