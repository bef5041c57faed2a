import { createdAudit } from "../audit.ts";
import { resourceId } from "../resource-id.ts";
import type { ResourceKind, ResourceMessage } from "../resource-kind.ts";
import { type Step, step } from "../step.ts";
import { metadataOf } from "../stored-resource.ts";

/** Builds what will be stored for a new resource: an id, an empty status (callers cannot set one) and its audit. Adds it as `state`. */
export function buildNewState<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<{ readonly draft: R; readonly unique: true }, { readonly state: R }> {
  return step("BuildNewState", [], ({ draft: state }, { environment, call }) => {
    const metadata = metadataOf(state);
    if (metadata.id === "") metadata.id = resourceId(kind.idPrefix, environment.ulids.next());
    delete metadata.version;
    const status = kind.emptyStatus();
    status.audit = createdAudit(call.principal.id, environment.nowMs());
    state.status = status;
    return { state };
  });
}
