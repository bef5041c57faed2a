import { type DescService, isMessage, type Message } from "@bufbuild/protobuf";
import { type ConnectRouter, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";

import { ApiError } from "../errors/api-error.ts";
import type { Principal } from "../pipeline/call-context.ts";
import { type Call, createCall, type Protocol } from "./call.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { toConnectError } from "./interceptors/error-mapping.ts";
import { BINARY_DEPTH_MAX, refuseHalfSurrogates } from "./interceptors/well-formed.ts";
import type { NodeRequest, NodeResponse } from "./http/http-router.ts";
import type { MethodEntry, ServiceRegistry } from "./service-registry.ts";
import { UnreadRequests } from "./unread-request.ts";

/** Who calls from outside: until there is sign-in, whoever may connect is the one local user. */
export const localPrincipal: Principal = { kind: "user", id: "local" };

/** Options of the protocols, the same on every path. */
export interface ProtocolLimits {
  /** Largest request message after decompression. */
  readonly requestBytesMax: number;
}

/** A request listener for HTTP/1.1 and HTTP/2 that speaks all protocols by way of connect-node. It is complete, and slower than the fast path in front of it. */
export function connectRoutes(
  registry: ServiceRegistry,
  dispatcher: Dispatcher,
  limits: ProtocolLimits,
): (request: NodeRequest, response: NodeResponse) => void {
  const unread = new UnreadRequests();
  const answer = connectNodeAdapter({
    routes: (router) => {
      for (const service of registry.services) addService(router, registry, dispatcher, unread, service);
    },
    readMaxBytes: limits.requestBytesMax,
    binaryOptions: { recursionLimit: BINARY_DEPTH_MAX },
    // Connect's own limit of a timeout would refuse long ones; ours are timers, which are bounded elsewhere.
    maxTimeoutMs: Number.MAX_SAFE_INTEGER,
  });
  return (request, response) => {
    unread.watch(request, response);
    answer(request, response);
  };
}

function addService(
  router: ConnectRouter,
  registry: ServiceRegistry,
  dispatcher: Dispatcher,
  unread: UnreadRequests,
  service: DescService,
): void {
  const implementation: { [name: string]: unknown } = {};
  for (const method of service.methods) {
    const entry = registry.ofMethod(method) as MethodEntry;
    implementation[method.localName] =
      method.methodKind === "unary"
        ? (request: Message, context: HandlerContext) => {
            unread.read(context.requestHeader);
            return unary(dispatcher, entry, request, context);
          }
        : (request: Message | AsyncIterable<Message>, context: HandlerContext) => {
            unread.read(context.requestHeader);
            return stream(dispatcher, entry, request, context);
          };
  }
  router.service(service, implementation as Partial<ServiceImpl<DescService>>);
}

async function unary(
  dispatcher: Dispatcher,
  entry: MethodEntry,
  request: Message,
  context: HandlerContext,
): Promise<Message> {
  try {
    refuseBrokenText(entry, request, context);
    return await dispatcher.unary(callOf(entry, context), entry, request);
  } catch (error) {
    throw error instanceof ApiError ? toConnectError(error) : error;
  }
}

async function* stream(
  dispatcher: Dispatcher,
  entry: MethodEntry,
  request: Message | AsyncIterable<Message>,
  context: HandlerContext,
): AsyncGenerator<Message> {
  try {
    if (isMessage(request)) refuseBrokenText(entry, request, context);
    yield* dispatcher.stream(callOf(entry, context), entry, request);
  } catch (error) {
    throw error instanceof ApiError ? toConnectError(error) : error;
  }
}

function refuseBrokenText(entry: MethodEntry, request: Message, { requestHeader }: HandlerContext): void {
  if (requestHeader.get("content-type")?.includes("json") === true) refuseHalfSurrogates(entry.method.input, request);
}

function callOf(entry: MethodEntry, context: HandlerContext): Call {
  return createCall({
    method: entry.method,
    resourceKind: entry.resourceKind,
    principal: localPrincipal,
    protocol: context.protocolName as Protocol,
    headerValue: (name) => context.requestHeader.get(name) ?? undefined,
    header: () => context.requestHeader,
    timeoutMs: context.timeoutMs(),
    signal: context.signal,
    values: context.values,
  });
}
