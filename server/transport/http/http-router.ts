import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { codeToHttpStatus } from "@connectrpc/connect/protocol-connect";

import { ApiError } from "../../errors/api-error.ts";
import { StoreDamaged } from "../../store/ports.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Admission } from "../admission.ts";
import { damaged, toConnectError } from "../interceptors/error-mapping.ts";
import { type HttpRequest, type HttpResponse, type HttpRoute, jsonResponse } from "./http-route.ts";
import { readBody } from "./request-body.ts";

/** Requests of either version of HTTP, as Node gives them to listeners. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** Responses of either version of HTTP. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Nothing of ours is framed by, or loaded into, pages of others; a route may say otherwise for itself. */
const securityHeaders = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Serves routes that are no RPCs. */
export class HttpRouter {
  readonly #exact = new Map<string, HttpRoute>();
  readonly #below: HttpRoute[] = [];
  readonly #bodyBytesMax: number;
  readonly #admission: Admission;
  readonly #logger: Logger;

  constructor(routes: Iterable<HttpRoute>, bodyBytesMax: number, admission: Admission, logger: Logger) {
    for (const route of routes) {
      if (route.path.endsWith("/*")) this.#below.push(route);
      else this.#exact.set(route.path, route);
    }
    this.#below.sort((a, b) => b.path.length - a.path.length);
    this.#bodyBytesMax = bodyBytesMax;
    this.#admission = admission;
    this.#logger = logger;
  }

  /** Answers a request; one that no route fits is answered with 404. */
  async serve(request: NodeRequest, response: NodeResponse, signal: AbortSignal): Promise<void> {
    const url = splitUrl(request.url ?? "/");
    const isHead = request.method === "HEAD";
    let answer: HttpResponse;
    try {
      answer = await this.#answer(request, url, signal);
    } catch (error) {
      answer = this.#failure(error, url.path);
    }
    await send(response, answer, isHead).catch((error: unknown) => {
      this.#logger.debug("Response was cut off", { path: url.path, err: error });
      response.destroy();
    });
  }

  async #answer(request: NodeRequest, url: SplitUrl, signal: AbortSignal): Promise<HttpResponse> {
    const route =
      this.#exact.get(url.path) ??
      this.#below.find(({ path }) => url.path.startsWith(path.slice(0, -1)) || url.path === path.slice(0, -2));
    if (route === undefined)
      return jsonResponse(404, {
        code: "not_found",
        message: `Cannot find "${url.path.slice(0, 200)}": there is no such path`,
      });
    const method = request.method ?? "GET";
    if (!route.methods.includes(method) && !(method === "HEAD" && route.methods.includes("GET"))) {
      return jsonResponse(
        405,
        {
          code: "unimplemented",
          message: `Cannot ${method} "${url.path.slice(0, 200)}": ${route.methods.join(" or ")} is expected`,
        },
        { allow: route.methods.join(", ") },
      );
    }
    // The body of a request that waits stays on its connection.
    if (route.isUrgent !== true) await this.#admission.enter(0, false);
    return route.handle(this.#requestOf(request, url, method, signal));
  }

  #requestOf(request: NodeRequest, url: SplitUrl, method: string, signal: AbortSignal): HttpRequest {
    const headers: { [name: string]: string | undefined } = {};
    for (const [name, value] of Object.entries(request.headers))
      headers[name] = Array.isArray(value) ? value.join(", ") : value;
    return {
      method,
      path: url.path,
      query: new URLSearchParams(url.query),
      headers,
      signal,
      body: () => readBody(request, headers["content-encoding"], this.#bodyBytesMax),
    };
  }

  #failure(error: unknown, path: string): HttpResponse {
    if (error instanceof ApiError) return errorResponse(error);
    this.#logger.error("Request failed", { path, err: error });
    if (error instanceof StoreDamaged) return errorResponse(damaged(error));
    return jsonResponse(500, { code: "internal", message: "Cannot answer: the server failed, its log has more" });
  }
}

/** An error for callers as a response of JSON, with the status that Connect gives to its code. */
export function errorResponse(error: ApiError): HttpResponse {
  const status = codeToHttpStatus(toConnectError(error).code);
  return jsonResponse(status, {
    code: error.code.toLowerCase(),
    reason: error.reason,
    message: error.message,
    violations: error.violations,
  });
}

/** Writes a response with the security headers. */
export async function send(response: NodeResponse, answer: HttpResponse, isHead = false): Promise<void> {
  // The two classes declare the same methods with overloads that do not unite.
  const out = response as ServerResponse;
  if (out.destroyed || out.headersSent) return;
  const { body = "" } = answer;
  const isWhole = typeof body === "string" || body instanceof Uint8Array;
  const length = isWhole ? { "content-length": String(Buffer.byteLength(body)) } : {};
  out.writeHead(answer.status, { ...securityHeaders, ...length, ...answer.headers });
  if (isHead) out.end();
  else if (isWhole) out.end(body);
  else await pipeline(Readable.from(body), out);
}

interface SplitUrl {
  readonly path: string;
  readonly query: string;
}

function splitUrl(url: string): SplitUrl {
  const mark = url.indexOf("?");
  return mark === -1 ? { path: url, query: "" } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}
