import type { DescMethod } from "@bufbuild/protobuf";
import { type ContextValues, createContextKey } from "@connectrpc/connect";

/** Who calls. `system` is the server itself through an in-process client; `user` is a person or a program outside. */
export interface Principal {
  readonly kind: "system" | "user";
  readonly id: string;
}

/** What a handler knows of the call beside its request. Made by the transport; an in-process call has the same shape. */
export interface CallContext {
  readonly method: DescMethod;
  readonly principal: Principal;
  /** Aborts when the caller leaves, its deadline passes, or the server stops. */
  readonly signal: AbortSignal;
  readonly requestHeader: Headers;
  /** One header in lower case, without the cost of making all. */
  headerValue(name: string): string | undefined;
  /** Values that travel with a call through interceptors and in-process clients, such as the unit of work. */
  readonly values: ContextValues;
}

/** Set by a handler that does nothing but wait for others: a server that stops ends such a call at once, as it ends streams. */
export const waitingKey = createContextKey(false, { description: "waiting" });

/** Header of a write that is to be checked in full and not stored: `stigmer-dry-run: true`. */
export const DRY_RUN_HEADER = "stigmer-dry-run";

/** Header of a delete that takes along what depends on the resource, where its message has no `force`: `stigmer-force: true`. */
export const FORCE_HEADER = "stigmer-force";
