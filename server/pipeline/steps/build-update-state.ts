import { clone } from "@bufbuild/protobuf";
import { updatedAudit } from "../audit.ts";
import type { ResourceKind, ResourceMessage } from "../resource-kind.ts";
import { type Step, step } from "../step.ts";
import { metadataOf, type StoredResource } from "../stored-resource.ts";

/**
 * Builds what will be stored for an update, a full replacement: the request with id, slug and organization of the stored resource and its whole status, audit rewritten. Whatever the
 * request leaves out is cleared. Adds it as `state`.
 */
export function buildUpdateState<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<{ readonly draft: R; readonly existing: StoredResource<R> }, { readonly state: R }> {
  return step("BuildUpdateState", [], ({ draft, existing }, { environment, call }) => {
    const state = clone(kind.schema, draft) as R;
    const metadata = metadataOf(state);
    metadata.id = existing.row.id;
    metadata.slug = existing.row.slug;
    metadata.org = existing.row.org;
    delete metadata.version;
    const status = existing.resource.status ?? kind.emptyStatus();
    status.audit = updatedAudit(status.audit, call.principal.id, environment.nowMs());
    state.status = status;
    return { state };
  });
}
