import type { DescMethod } from "@bufbuild/protobuf";
import { type ContextValues, createContextValues } from "@connectrpc/connect";

import type { CallContext, Principal } from "../pipeline/call-context.ts";

/** How a call came in. */
export type Protocol = "grpc" | "grpc-web" | "connect" | "in-process";

/** A call as the transport knows it: what handlers see, and what interceptors need beside it. */
export interface Call extends CallContext {
  /** Names the call in logs and error texts; the caller's own `x-request-id` if it sent one. */
  readonly requestId: string;
  readonly protocol: Protocol;
  /** Name of the kind that the service is about, such as `workflow`; empty when it says none. */
  readonly resourceKind: string;
  /** When the caller stops waiting, on the clock of `performance.now()`. */
  readonly deadlineMs: number | undefined;
  /** When it came in, on the clock of `performance.now()`. */
  readonly startedMs: number;
  /** Ends the call from outside: `signal` aborts with the reason. */
  abort(reason: unknown): void;
}

/** What a new call is made of. */
export interface CallInit {
  readonly method: DescMethod;
  readonly resourceKind: string;
  readonly principal: Principal;
  readonly protocol: Protocol;
  /** Gives a header in lower case without building a Headers object. */
  readonly headerValue: (name: string) => string | undefined;
  /** Builds all headers; called only by handlers that look at them. */
  readonly header: () => Headers;
  readonly timeoutMs: number | undefined;
  /** Aborts the call when it aborts. */
  readonly signal?: AbortSignal | undefined;
  readonly values?: ContextValues | undefined;
}

/** Makes a call. Everything that costs (signal, headers, values) is made when it is first looked at: most calls never do. */
export function createCall(init: CallInit): Call {
  return new LazyCall(init);
}

// Ids need not be secret, only distinct: a prefix for the process and a number.
const prefix = Math.floor(Math.random() * 0xff_ff_ff_ff).toString(36);
let count = 0;
const SENDABLE_ID = /^[\w.:-]{1,128}$/u;

class LazyCall implements Call {
  readonly method: DescMethod;
  readonly resourceKind: string;
  readonly principal: Principal;
  readonly protocol: Protocol;
  readonly startedMs: number;
  readonly deadlineMs: number | undefined;
  readonly #init: CallInit;
  #requestId: string | undefined;
  #controller: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;
  #header: Headers | undefined;
  #values: ContextValues | undefined;

  constructor(init: CallInit) {
    this.method = init.method;
    this.resourceKind = init.resourceKind;
    this.principal = init.principal;
    this.protocol = init.protocol;
    this.startedMs = performance.now();
    this.deadlineMs = init.timeoutMs === undefined ? undefined : this.startedMs + init.timeoutMs;
    this.#init = init;
    this.#values = init.values;
  }

  get requestId(): string {
    if (this.#requestId === undefined) {
      const sent = this.#init.headerValue("x-request-id");
      this.#requestId = sent !== undefined && SENDABLE_ID.test(sent) ? sent : `${prefix}-${(count++).toString(36)}`;
    }
    return this.#requestId;
  }

  get requestHeader(): Headers {
    return (this.#header ??= this.#init.header());
  }

  headerValue(name: string): string | undefined {
    return this.#init.headerValue(name);
  }

  get values(): ContextValues {
    return (this.#values ??= createContextValues());
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      this.#follow(this.#init.signal);
      if (this.#ended !== undefined) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#ended ??= { reason };
    this.#controller?.abort(this.#ended.reason);
  }

  #follow(outer: AbortSignal | undefined): void {
    if (outer === undefined) return;
    if (outer.aborted) this.abort(outer.reason);
    else
      outer.addEventListener("abort", () => this.abort(outer.reason), {
        once: true,
        signal: this.#controller?.signal as AbortSignal,
      });
  }
}
