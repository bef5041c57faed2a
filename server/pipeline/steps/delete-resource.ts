import type { ResourceKind, ResourceMessage } from "../resource-kind.ts";
import { type Step, step } from "../step.ts";
import type { StoredResource } from "../stored-resource.ts";

/** Stages the removal and commits it with everything that goes with it, unless the request is part of another one. Adds what is gone as `deleted`. */
export function deleteResource<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<{ readonly existing: StoredResource<R> }, { readonly deleted: R }> {
  return step("DeleteResource", [], async ({ existing }, { unit, ownsUnit }) => {
    unit.delete(existing.row);
    if (ownsUnit) await unit.commit();
    return { deleted: kind.present(existing.resource) };
  });
}
