import { invalidField } from "../refusal.ts";
import type { ResourceKind, ResourceMessage } from "../resource-kind.ts";
import { type Step, step } from "../step.ts";
import { metadataOf } from "../stored-resource.ts";
import type { ResourceRow } from "../../store/ports.ts";

/** Looks whether the resource is there, by slug and organization. Adds its row, or undefined, as `found`. */
export function loadForApply<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<
  { readonly draft: R; readonly slug: string; readonly org: string },
  { readonly found: ResourceRow | undefined }
> {
  return step("LoadForApply", ["INVALID_ARGUMENT"], async ({ draft, slug, org }, { unit }) => {
    const [found] = await unit.bySlug(kind.key, slug, org);
    const { id } = metadataOf(draft);
    if (found !== undefined && id !== "" && id !== found.id) {
      throw invalidField("metadata.id", `is "${id}", but the ${kind.name} with slug '${slug}' has the id ${found.id}`);
    }
    return { found };
  });
}
