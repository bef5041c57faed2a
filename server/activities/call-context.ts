import type { ActivityContext } from "./activity.ts";
import { SecretScope } from "./secret-scope.ts";

/** The context of one call as the activities here see it: what the engine gave, and the scope through which secrets are read. */
export interface CallContext extends ActivityContext {
  readonly secrets: SecretScope;
}

/** The context of a call, with a scope of its own. A class, since a literal with a getter costs several times as much and this is made for every call. */
class ScopedContext implements CallContext {
  readonly runId: string;
  readonly org: string;
  readonly task: ActivityContext["task"];
  readonly idempotencyKey: string;
  declare readonly traceparent?: string;
  readonly secrets: SecretScope;
  readonly #context: ActivityContext;

  constructor(context: ActivityContext) {
    this.runId = context.runId;
    this.org = context.org;
    this.task = context.task;
    this.idempotencyKey = context.idempotencyKey;
    if (context.traceparent !== undefined) this.traceparent = context.traceparent;
    this.secrets = new SecretScope(context);
    this.#context = context;
  }

  get stop(): ActivityContext["stop"] {
    return this.#context.stop;
  }

  /** Asked for when needed: an engine may make it only then. */
  get signal(): AbortSignal {
    return this.#context.signal;
  }

  /** Stays itself when it is taken out of its context. */
  readonly secret: ActivityContext["secret"] = (path) => this.#context.secret(path);
}

/** The context of a call, with a scope of its own. */
export function callContext(context: ActivityContext): CallContext {
  return new ScopedContext(context);
}

/** The headers that every outgoing call carries where its protocol has headers; `Idempotency-Key` is the same over crashes and retries. */
export function callHeaders(context: ActivityContext): Record<string, string> {
  return {
    "idempotency-key": context.idempotencyKey,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  };
}
