import type { AddressInfo } from "node:net";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Transport } from "@connectrpc/connect";

import { ApiError } from "../errors/api-error.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { noTracer, type Tracer } from "../telemetry/tracing.ts";
import { Admission } from "./admission.ts";
import { connectRoutes } from "./connect-routes.ts";
import { Crowd } from "./crowd.ts";
import { Dispatcher } from "./dispatcher.ts";
import { type ExtraHeaders, FastPath } from "./fast-path/fast-path.ts";
import { grpcMessage } from "./grpc-message.ts";
import { Readiness, registerHealth } from "./health.ts";
import { healthRoutes, metricsRoute } from "./http/health-routes.ts";
import { errorResponse, HttpRouter, type NodeRequest, type NodeResponse, send } from "./http/http-router.ts";
import type { HttpRoute } from "./http/http-route.ts";
import { HttpServer } from "./http/http-server.ts";
import { createInProcessTransport } from "./in-process-transport.ts";
import { authorization } from "./interceptors/authorization.ts";
import { HostGuard } from "./interceptors/host-origin.ts";
import { readiness as readinessInterceptor } from "./interceptors/readiness.ts";
import { requestMetrics } from "./interceptors/request-metrics.ts";
import { callSpans } from "./interceptors/span.ts";
import { listenError, refuseOpenBind } from "./listen-address.ts";
import { schemaRoutes } from "./openapi.ts";
import { registerReflection } from "./reflection.ts";
import { ServiceRegistry } from "./service-registry.ts";

/** What a transport needs. Limits come from the configuration. */
export interface ServerTransportOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracer?: Tracer;
  /** Version of the server, for OpenAPI. */
  readonly version: string;
  /** Allow to listen beyond loopback without encryption and sign-in. */
  readonly insecure?: boolean;
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  readonly requestBytesMax?: number;
  readonly headerBytesMax?: number;
  readonly streamsMax?: number;
  /** Requests that may wait for their turn; further ones are refused. */
  readonly waitingMax?: number;
  /** Told of each connection; whoever else is to wait while they come asks it too. */
  readonly crowd?: Pick<Crowd, "connected" | "isEntering">;
  /** Routes beside the RPCs: the console, the door for CloudEvents. Health, metrics and schemas are there already. */
  readonly routes?: readonly HttpRoute[];
}

/** The server's side of the network, and of in-process calls. */
export interface ServerTransport {
  /** Where services are registered, before `listen`. */
  readonly registry: ServiceRegistry;
  /** A transport for in-process clients, as the system principal. Works from the beginning, whether it listens or not. */
  readonly inProcess: Transport;
  /** Whether the server can serve. False at first: set it when recovery is over. */
  readonly readiness: Readiness;
  /** Listens. Rejects with one clear error when the address cannot be used. */
  listen(host: string, port: number): Promise<AddressInfo>;
  /** Stops: no new connections, streams end, open calls may go on for `drainMs`, then everything is cut off. */
  close(drainMs: number): Promise<void>;
}

const DEFAULT_REQUEST_BYTES = 4 * 1024 * 1024;
const DEFAULT_HEADER_BYTES = 16 * 1024;
const DEFAULT_STREAMS = 128;
/** Answers that are ready get this long to leave; a caller that does not read them is cut off. */
const FLUSH_MAX_MS = 500;

/** Makes the transport of a server. */
export function createServerTransport(options: ServerTransportOptions): ServerTransport {
  return new NodeServerTransport(options);
}

class NodeServerTransport implements ServerTransport {
  readonly registry = new ServiceRegistry();
  readonly readiness = new Readiness();
  readonly inProcess: Transport;
  readonly #options: ServerTransportOptions;
  readonly #crowd: Pick<Crowd, "connected" | "isEntering">;
  readonly #admission: Admission;
  readonly #dispatcher: Dispatcher;
  #network: Network | undefined;

  constructor(options: ServerTransportOptions) {
    const { logger, metrics, tracer = noTracer } = options;
    this.#options = options;
    this.#crowd = options.crowd ?? new Crowd();
    const spans = tracer === noTracer ? [] : [callSpans(tracer)];
    const isReady = (): boolean => this.readiness.isReady;
    const waitingMax = options.waitingMax === undefined ? {} : { waitingMax: options.waitingMax };
    this.#admission = new Admission({ ...waitingMax, isHeld: () => this.#crowd.isEntering });
    this.#dispatcher = new Dispatcher(
      [requestMetrics(metrics), ...spans, readinessInterceptor(isReady), authorization(metrics)],
      this.#admission,
      logger,
    );
    this.inProcess = createInProcessTransport(this.registry, this.#dispatcher);
    registerHealth(this.registry, this.readiness);
    registerReflection(this.registry);
  }

  async listen(host: string, port: number): Promise<AddressInfo> {
    refuseOpenBind(host, this.#options.insecure === true);
    const isReady = (): boolean => this.readiness.isReady;
    const network = new Network(
      this.#options,
      host,
      this.registry,
      this.#dispatcher,
      this.#admission,
      this.#crowd,
      isReady,
    );
    try {
      const address = await network.server.listen(host, port);
      this.#network = network;
      return address;
    } catch (error) {
      throw listenError(error, host, port);
    }
  }

  async close(drainMs: number): Promise<void> {
    this.readiness.isReady = false;
    this.#network?.server.stopAccepting();
    await this.#dispatcher.drain(drainMs);
    await this.#network?.stop();
  }
}

/** What exists only while the server listens: connections, the paths of requests, and the guard in front of both. */
class Network {
  readonly server: HttpServer;
  readonly #guard: HostGuard;
  readonly #fastPath: FastPath;
  readonly #connect: ReturnType<typeof connectRoutes>;
  readonly #registry: ServiceRegistry;
  readonly #router: HttpRouter;
  readonly #stopping = new AbortController();

  constructor(
    options: ServerTransportOptions,
    host: string,
    registry: ServiceRegistry,
    dispatcher: Dispatcher,
    admission: Admission,
    crowd: Pick<Crowd, "connected">,
    isReady: () => boolean,
  ) {
    const limits = { requestBytesMax: options.requestBytesMax ?? DEFAULT_REQUEST_BYTES };
    const { logger, metrics, version, routes = [] } = options;
    this.#guard = new HostGuard({
      boundTo: host,
      allowedHosts: options.allowedHosts ?? [],
      allowedOrigins: options.allowedOrigins ?? [],
    });
    this.#registry = registry;
    this.#fastPath = new FastPath(registry, dispatcher, limits, logger);
    this.#connect = connectRoutes(registry, dispatcher, limits);
    this.#router = new HttpRouter(
      [...healthRoutes(isReady), metricsRoute(metrics), ...schemaRoutes(registry, version), ...routes],
      limits.requestBytesMax,
      admission,
      logger,
    );
    this.server = new HttpServer(
      {
        connected: () => crowd.connected(),
        http1: (request, response) => this.#http1(request, response),
        http2: (stream, headers, compatible) => this.#http2(stream, headers, compatible),
      },
      {
        headerBytesMax: options.headerBytesMax ?? DEFAULT_HEADER_BYTES,
        streamsMax: options.streamsMax ?? DEFAULT_STREAMS,
      },
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new ApiError("SERVER_NOT_READY", "Cannot go on: the server is stopping"));
    await this.server.end(FLUSH_MAX_MS);
  }

  #http1(request: IncomingMessage, response: ServerResponse): void {
    const { host, origin } = request.headers;
    const extra = this.#admit(host, origin, request, response);
    if (extra === "refused" || this.#fastPath.http1(request, response, extra)) return;
    this.#other(request, response, host as string, extra);
  }

  #http2(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    compatible: () => readonly [Http2ServerRequest, Http2ServerResponse],
  ): void {
    const host = headers[":authority"] ?? headers.host;
    try {
      this.#guard.check(host, headers.origin);
    } catch (error) {
      const [request, response] = compatible();
      this.#refuse(request, response, error as ApiError);
      return;
    }
    const extra = this.#corsHeaders(host as string, headers.origin);
    if (this.#fastPath.http2(stream, headers, extra)) return;
    const [request, response] = compatible();
    this.#other(request, response, host as string, extra);
  }

  #admit(
    host: string | undefined,
    origin: string | undefined,
    request: NodeRequest,
    response: NodeResponse,
  ): ExtraHeaders | undefined | "refused" {
    try {
      this.#guard.check(host, origin);
      return this.#corsHeaders(host as string, origin);
    } catch (error) {
      this.#refuse(request, response, error as ApiError);
      return "refused";
    }
  }

  #refuse(request: NodeRequest, response: NodeResponse, error: ApiError): void {
    request.resume();
    void send(response, errorResponse(error));
  }

  /** Everything that is not a plain unary call: RPCs by way of connect-node, and routes. */
  #other(request: NodeRequest, response: NodeResponse, host: string, extra: ExtraHeaders | undefined): void {
    const path = (request.url ?? "/").split("?", 1)[0] as string;
    const { origin } = request.headers;
    for (const [name, value] of Object.entries(extra ?? {})) (response as ServerResponse).setHeader(name, value);
    if (request.method === "OPTIONS" && origin !== undefined && !this.#guard.isOwnOrigin(host, origin)) {
      void send(response, preflight);
    } else if (this.#registry.atPath(path) !== undefined) {
      this.#connect(request, response);
    } else if (isRpc(request.headers["content-type"], path)) {
      request.resume();
      void send(response, unknownMethod(path, request.headers["content-type"] ?? ""));
    } else {
      void this.#router.serve(request, response, signalOf(request, response, this.#stopping.signal));
    }
  }

  /** Cross-origin headers for a page of an allowed origin, and for no other. */
  #corsHeaders(host: string, origin: string | undefined): ExtraHeaders | undefined {
    if (origin === undefined || this.#guard.isOwnOrigin(host, origin)) return undefined;
    return {
      "access-control-allow-origin": origin,
      "access-control-expose-headers": "grpc-status, grpc-message, grpc-status-details-bin",
      vary: "origin",
    };
  }
}

const preflight = {
  status: 204,
  headers: {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers":
      "content-type, connect-protocol-version, connect-timeout-ms, x-grpc-web, x-user-agent, grpc-timeout, x-request-id, stigmer-dry-run",
    "access-control-max-age": "7200",
  },
};

function isRpc(contentType: string | undefined, path: string): boolean {
  return (
    contentType !== undefined &&
    /^application\/(?:grpc|connect|proto|json)/u.test(contentType) &&
    /^\/[\w.]+\.\w+\/\w+$/u.test(path)
  );
}

function unknownMethod(path: string, contentType: string): Parameters<typeof send>[1] {
  const error = new ApiError("METHOD_NOT_FOUND", `Cannot call ${path.slice(1, 300)}: this server has no such method`);
  if (!contentType.startsWith("application/grpc")) return { ...errorResponse(error), status: 404 };
  return {
    status: 200,
    headers: { "content-type": contentType, "grpc-status": "12", "grpc-message": grpcMessage(error.message) },
  };
}

/** Aborts when the caller leaves or the server stops. */
function signalOf(request: NodeRequest, response: NodeResponse, stopping: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort(stopping.reason);
  stopping.addEventListener("abort", stop, { once: true });
  (response as ServerResponse).once("close", () => {
    stopping.removeEventListener("abort", stop);
    if (!response.writableFinished || request.aborted) controller.abort();
  });
  return controller.signal;
}
