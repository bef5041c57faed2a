import type { ResourceKind, ResourceMessage } from "../resource-kind.ts";
import type { StepScope } from "../step.ts";
import { type Step, step } from "../step.ts";
import { encodeRow, type StoredResource } from "../stored-resource.ts";
import type { ResourceRow } from "../../store/ports.ts";

/** Stages the state, and commits everything this request wrote in one batch, unless the request is part of another one, which then commits. Adds the row as `stored`. */
export function persist<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<{ readonly state: R; readonly existing?: StoredResource<R> }, { readonly stored: ResourceRow }> {
  return step("Persist", [], async ({ state, existing }, scope) => {
    const stored = stage(kind, state, existing, scope);
    if (scope.ownsUnit) await scope.unit.commit();
    return { stored };
  });
}

/** Shows the state to the requests this one makes of other kinds before it is stored: the instance made for a workflow looks its workflow up. */
export function announce<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<{ readonly state: R; readonly existing?: StoredResource<R> }, object> {
  return step("Announce", [], ({ state, existing }, scope) => {
    stage(kind, state, existing, scope);
    return {};
  });
}

function stage<R extends ResourceMessage>(
  kind: ResourceKind<R>,
  state: R,
  existing: StoredResource<R> | undefined,
  scope: StepScope,
): ResourceRow {
  const updatedAt = scope.environment.nowMs();
  const before = existing?.row;
  const row = encodeRow(kind, state, {
    version: (before?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? updatedAt,
    updatedAt,
  });
  scope.unit.put(row, before?.version ?? "absent");
  return row;
}
