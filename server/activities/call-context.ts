import type { ActivityContext } from "./activity.ts";
import { SecretScope } from "./secret-scope.ts";

/** The context of one call as the activities here see it: what the engine gave, and the scope through which secrets are read. */
export interface CallContext extends ActivityContext {
  readonly secrets: SecretScope;
}

/** The context of a call, with a scope of its own. */
export function callContext(context: ActivityContext): CallContext {
  return {
    runId: context.runId,
    org: context.org,
    task: context.task,
    idempotencyKey: context.idempotencyKey,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
    // Asked for when needed: an engine may make it only then.
    get signal() {
      return context.signal;
    },
    secret: (path) => context.secret(path),
    secrets: new SecretScope(context),
  };
}

/** The headers that every outgoing call carries where its protocol has headers; `Idempotency-Key` is the same over crashes and retries. */
export function callHeaders(context: ActivityContext): Record<string, string> {
  return {
    "idempotency-key": context.idempotencyKey,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  };
}
