import {
  clone,
  create,
  type DescMessage,
  type DescMethodStreaming,
  type DescMethodUnary,
  isMessage,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { ContextValues, StreamResponse, Transport, UnaryResponse } from "@connectrpc/connect";

import { ApiError } from "../errors/api-error.ts";
import type { Principal } from "../pipeline/call-context.ts";
import { type Call, createCall } from "./call.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { MethodEntry, ServiceRegistry } from "./service-registry.ts";

type HeadersInit = ConstructorParameters<typeof Headers>[0];

const system: Principal = { kind: "system", id: "system" };

/**
 * A transport that calls the handlers of this process, through the same interceptors as a call from outside, as the system principal. No bytes are made: requests are handed over as clones, so that
 * neither side can change what the other holds. Errors arrive as the ApiError that was thrown.
 */
export function createInProcessTransport(registry: ServiceRegistry, dispatcher: Dispatcher): Transport {
  const begin = (
    method: DescMethodUnary | DescMethodStreaming,
    options: CallOptions,
  ): { call: Call; entry: MethodEntry } => {
    const entry = registry.ofMethod(method);
    if (entry === undefined)
      throw new ApiError(
        "METHOD_NOT_FOUND",
        `Cannot call ${method.parent.typeName}/${method.name}: this server does not have it`,
      );
    return { entry, call: inProcessCall(entry, options) };
  };
  return {
    async unary<I extends DescMessage, O extends DescMessage>(
      method: DescMethodUnary<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: HeadersInit | undefined,
      input: MessageInitShape<I>,
      values?: ContextValues,
    ): Promise<UnaryResponse<I, O>> {
      const { call, entry } = begin(method, { signal, timeoutMs, header, values });
      const message = await dispatcher.unary(call, entry, handOver(method.input, input));
      return new InProcessUnaryResponse(method, clone(method.output, message as MessageShape<O>));
    },
    async stream<I extends DescMessage, O extends DescMessage>(
      method: DescMethodStreaming<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: HeadersInit | undefined,
      input: AsyncIterable<MessageInitShape<I>>,
      values?: ContextValues,
    ): Promise<StreamResponse<I, O>> {
      const { call, entry } = begin(method, { signal, timeoutMs, header, values });
      const requests = handOverAll(method.input, input);
      const request = method.methodKind === "server_streaming" ? await single(entry, requests) : requests;
      const message = dispatcher.stream(call, entry, request) as AsyncIterable<MessageShape<O>>;
      return { stream: true, service: method.parent, method, header: new Headers(), trailer: new Headers(), message };
    },
  };
}

interface CallOptions {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly header: HeadersInit | undefined;
  readonly values: ContextValues | undefined;
}

function inProcessCall(entry: MethodEntry, { signal, timeoutMs, header, values }: CallOptions): Call {
  return createCall({
    method: entry.method,
    resourceKind: entry.resourceKind,
    principal: system,
    protocol: "in-process",
    headerValue: (name) => (header === undefined ? undefined : (new Headers(header).get(name) ?? undefined)),
    header: () => new Headers(header),
    timeoutMs: timeoutMs === undefined || timeoutMs <= 0 ? undefined : timeoutMs,
    signal,
    values,
  });
}

function handOver(desc: DescMessage, input: MessageInitShape<DescMessage>): Message {
  return isMessage(input, desc) ? clone(desc, input) : create(desc, input);
}

async function* handOverAll(
  desc: DescMessage,
  input: AsyncIterable<MessageInitShape<DescMessage>>,
): AsyncGenerator<Message> {
  for await (const message of input) yield handOver(desc, message);
}

async function single(entry: MethodEntry, requests: AsyncIterable<Message>): Promise<Message> {
  for await (const request of requests) return request;
  throw new ApiError("REQUEST_MALFORMED", `Cannot call ${entry.label}: there is no request message`);
}

// Hardly anybody looks at the headers of an in-process call, and two Headers cost more than the rest of it.
class InProcessUnaryResponse<I extends DescMessage, O extends DescMessage> implements UnaryResponse<I, O> {
  readonly stream = false;
  readonly method: DescMethodUnary<I, O>;
  readonly message: MessageShape<O>;

  constructor(method: DescMethodUnary<I, O>, message: MessageShape<O>) {
    this.method = method;
    this.message = message;
  }

  get service(): UnaryResponse["service"] {
    return this.method.parent;
  }

  get header(): Headers {
    return new Headers();
  }

  get trailer(): Headers {
    return new Headers();
  }
}
