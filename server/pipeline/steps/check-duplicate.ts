import { idExists, invalidField, slugExists } from "../refusal.ts";
import { isResourceId } from "../resource-id.ts";
import type { ResourceKind, ResourceMessage } from "../resource-kind.ts";
import { type Step, step } from "../step.ts";
import { metadataOf } from "../stored-resource.ts";

/**
 * Refuses a slug that is taken in the organization, and an id of the caller's that is malformed or taken. The store checks both again at the commit: this step gives the early answer,
 * not the guarantee.
 */
export function checkDuplicate<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<{ readonly draft: R; readonly slug: string; readonly org: string }, { readonly unique: true }> {
  return step("CheckDuplicate", ["INVALID_ARGUMENT", "ALREADY_EXISTS"], async ({ draft, slug, org }, { unit }) => {
    const { id } = metadataOf(draft);
    if (id !== "") {
      if (!isResourceId(kind.idPrefix, id)) {
        throw invalidField(
          "metadata.id",
          `should be empty or of the form ${kind.idPrefix}-<26 characters of a lowercase ULID>`,
        );
      }
      if ((await unit.get(kind.key, id)) !== undefined) throw idExists(kind.name, id);
    }
    const [taken] = await unit.bySlug(kind.key, slug, org);
    if (taken !== undefined) throw slugExists(kind.name, slug, taken.id);
    return { unique: true };
  });
}
