import { create, isMessage, type Message } from "@bufbuild/protobuf";

import { ApiError } from "../errors/api-error.ts";
import { waitingKey } from "../pipeline/call-context.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Admission } from "./admission.ts";
import type { Call } from "./call.ts";
import type { Interceptor } from "./interceptor.ts";
import { deadlineExceeded, isLate, withDeadline } from "./interceptors/deadline.ts";
import { failureOf } from "./interceptors/error-mapping.ts";
import type { MethodEntry } from "./service-registry.ts";

/** A request as it came: it is decoded when its turn has come, which is a part of its cost. */
export interface EncodedRequest {
  /** What it holds in memory. */
  readonly bytes: number;
  /** Throws the ApiError that says what is wrong with it. */
  decode(): Message;
}

/**
 * Carries calls from any protocol to their handlers, through the interceptors, those from outside in their turn (admission.ts). Everything it throws is an ApiError that can be told to the caller. It knows the calls that
 * are open, so that the server can drain.
 */
export class Dispatcher {
  readonly #interceptors: readonly Interceptor[];
  readonly #admission: Admission;
  readonly #logger: Logger;
  readonly #open = new Set<Call>();
  #idle: (() => void) | undefined;
  #stopping: ApiError | undefined;

  constructor(interceptors: readonly Interceptor[], admission: Admission, logger: Logger) {
    this.#interceptors = interceptors;
    this.#admission = admission;
    this.#logger = logger;
  }

  /** Answers a call with one request and one response. */
  async unary(call: Call, entry: MethodEntry, request: Message | EncodedRequest): Promise<Message> {
    this.#open.add(call);
    let failure: ApiError | undefined;
    try {
      const turn = this.#enter(call, entry, isMessage(request) ? 0 : request.bytes);
      if (turn !== undefined) await turn;
      const message = isMessage(request) ? request : request.decode();
      this.#before(call, entry, message);
      const pending = handlerOf(entry)(message, call) as Promise<object>;
      return asMessage(entry, await (call.deadlineMs === undefined ? pending : withDeadline(call, pending)));
    } catch (error) {
      failure = failureOf(error, call, this.#logger);
      throw failure;
    } finally {
      this.#after(call, entry, failure);
    }
  }

  /** Answers a call that streams; `request` is one message or a stream of them, as the method says. Ends when the caller leaves, its deadline passes or the server stops. */
  async *stream(call: Call, entry: MethodEntry, request: Message | AsyncIterable<Message>): AsyncGenerator<Message> {
    this.#open.add(call);
    let failure: ApiError | undefined;
    let iterator: AsyncIterator<object> | undefined;
    try {
      const turn = this.#enter(call, entry, 0);
      if (turn !== undefined) await turn;
      if (this.#stopping !== undefined) throw this.#stopping;
      this.#before(call, entry, isMessage(request) ? request : undefined);
      const unlessAborted = abortable(call.signal);
      iterator = (handlerOf(entry)(request, call) as AsyncIterable<object>)[Symbol.asyncIterator]();
      for (;;) {
        const next = await withDeadline(call, unlessAborted(iterator.next()));
        if (next.done === true) return;
        yield asMessage(entry, next.value);
      }
    } catch (error) {
      failure = failureOf(error, call, this.#logger);
      throw failure;
    } finally {
      // A handler that hangs in `next` must not hang the caller: its end is wished for, not awaited.
      iterator?.return?.().then(undefined, () => undefined);
      if (failure === undefined) call.abort(new ApiError("CALL_CANCELLED", "Cannot go on: the stream has ended"));
      this.#after(call, entry, failure);
    }
  }

  /** Ends streams and calls that wait for others at once, since they would never end by themselves, and other calls when `drainMs` is over. Resolves when none is open. */
  async drain(drainMs: number): Promise<void> {
    const stopping = new ApiError("SERVER_NOT_READY", "Cannot go on: the server is stopping, try again shortly", {
      retryAfterMs: 500,
    });
    this.#stopping = stopping;
    const fromOutside = [...this.#open].filter((call) => call.protocol !== "in-process");
    for (const call of fromOutside)
      if (call.method.methodKind !== "unary" || call.values.get(waitingKey)) call.abort(stopping);
    if (this.#open.size === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    const timer = setTimeout(() => {
      for (const call of this.#open) call.abort(stopping);
      this.#idle?.();
    }, drainMs);
    await idle;
    clearTimeout(timer);
  }

  /** What a call has to wait for, if anything. The server's own calls are parts of others, and health is asked most when much is waiting. */
  #enter(call: Call, entry: MethodEntry, bytes: number): Promise<void> | undefined {
    if (entry.isOpen || call.protocol === "in-process") return undefined;
    return this.#admission.enter(bytes, entry.isControl)?.then(() => refuseVain(call));
  }

  #before(call: Call, entry: MethodEntry, request: Message | undefined): void {
    for (const interceptor of this.#interceptors) interceptor.before?.(call, entry, request);
  }

  #after(call: Call, entry: MethodEntry, failure: ApiError | undefined): void {
    for (let i = this.#interceptors.length - 1; i >= 0; i--) this.#interceptors[i]?.after?.(call, entry, failure);
    this.#open.delete(call);
    if (this.#open.size === 0) this.#idle?.();
  }
}

function handlerOf(entry: MethodEntry): NonNullable<MethodEntry["handler"]> {
  if (entry.handler === undefined)
    throw new ApiError("FEATURE_UNSUPPORTED", `Cannot call ${entry.label}: this server does not implement it`);
  return entry.handler;
}

/** Nothing is done for a caller that has left, or gave up, while its call waited. */
function refuseVain(call: Call): void {
  if (call.signal.aborted) throw call.signal.reason;
  if (isLate(call)) throw deadlineExceeded();
}

function asMessage(entry: MethodEntry, value: object): Message {
  return isMessage(value) ? value : create(entry.method.output, value as { readonly [field: string]: unknown });
}

/**
 * Waits for promises one after another, and rejects at once when the signal aborts. `Promise.race` with one long-lived promise would do the same and keep something of every message until the
 * stream ends.
 */
function abortable(signal: AbortSignal): <T>(pending: Promise<T>) => Promise<T> {
  let refuse: ((reason: unknown) => void) | undefined;
  const reason = (): unknown =>
    signal.reason instanceof Error ? signal.reason : new DOMException("The caller has gone", "AbortError");
  signal.addEventListener("abort", () => refuse?.(reason()), { once: true });
  return (pending) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) reject(reason());
      refuse = reject;
      pending.then(resolve, reject);
    });
}
