import type { UnaryHandler } from "./pipeline.ts";
import type { ResourceKind, ResourceMessage } from "./resource-kind.ts";
import { retryConflicts } from "./retry-conflicts.ts";
import type { PipelineEnvironment } from "./step.ts";

/**
 * Lets updates of one resource follow each other. Without a `resource_version` the last one wins, so losing a race is no reason to refuse: the update is made again on what the other
 * left. With one, the version decides, and a race is ABORTED.
 */
export function serialised<R extends ResourceMessage>(
  { locks }: PipelineEnvironment,
  kind: ResourceKind<R>,
  update: UnaryHandler<R, R>,
): UnaryHandler<R, R> {
  return (request, call) => {
    const { id = "", org = "", slug = "", name = "", resourceVersion = 0n } = request.metadata ?? {};
    const key = id === "" ? `update ${kind.key} ${org}/${slug === "" ? name : slug}` : `update ${kind.key} ${id}`;
    return locks.run(key, () =>
      resourceVersion === 0n ? retryConflicts(["version"], () => update(request, call)) : update(request, call),
    );
  };
}
