import type { CallContext } from "./call-context.ts";
import { Pipeline, type UnaryHandler } from "./pipeline.ts";
import type { ResourceKind, ResourceMessage } from "./resource-kind.ts";
import { retryConflicts } from "./retry-conflicts.ts";
import type { PipelineEnvironment } from "./step.ts";
import { authorize } from "./steps/authorize.ts";
import { loadForApply } from "./steps/load-for-apply.ts";
import { resolveSlug } from "./steps/resolve-slug.ts";
import { validateProto } from "./steps/validate-proto.ts";

/**
 * `apply` of a kind: creates the resource, or updates the one with the same slug in the same organization. Applies of one slug follow each other; one that loses a race to a `create` or
 * a `delete` looks again. The original request goes on to create or update, which make their own checks.
 */
export function applyOf<R extends ResourceMessage>(
  environment: PipelineEnvironment,
  kind: ResourceKind<R>,
  handlers: { readonly create: UnaryHandler<R, R>; readonly update: UnaryHandler<R, R> },
): UnaryHandler<R, R> {
  const decide = Pipeline.start<R>(`${kind.key}.apply`)
    .step(authorize)
    .step(validateProto(kind.schema))
    .step(resolveSlug(kind))
    .step(loadForApply(kind))
    .reply(environment, ({ found, draft }) => ({ found, draft }));
  return async (request: R, call: CallContext): Promise<R> => {
    const { slug = "", name = "", org = "" } = request.metadata ?? {};
    return environment.locks.run(`apply ${kind.key} ${org}/${slug === "" ? name : slug}`, () =>
      retryConflicts(["slugExists", "idExists", "missing"], async () => {
        const { found, draft } = await decide(request, call);
        if (found === undefined) return handlers.create(request, call);
        if (draft.metadata !== undefined) draft.metadata.id = found.id;
        return handlers.update(draft, call);
      }),
    );
  };
}
