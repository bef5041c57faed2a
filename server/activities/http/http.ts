import { STATUS_CODES } from "node:http";
import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault, type Activity } from "../activity.ts";
import {
  booleanOr,
  httpUrl,
  invalidArgument,
  readEndpoint,
  requireString,
  scalarText,
  textMap,
  wordOr,
} from "../activity-arguments.ts";
import type { ActivityServices } from "../activity-services.ts";
import { type CallContext, callHeaders } from "../call-context.ts";
import type { Credentials } from "../auth/credentials.ts";
import { transportFault } from "../transport-fault.ts";
import { type Exchange, exchange } from "./exchange.ts";
import { ACCEPT_ENCODING, type HttpReply } from "./http-client.ts";
import { encodeBody } from "./request-body.ts";
import { decodeContent, decodeContentLeniently } from "./response-content.ts";

/** What a call gives back: the base64 of the body, the body as data, or the whole response (specification, HTTP call, `output`). */
export type HttpOutput = "raw" | "content" | "response";

/** An HTTP call after its arguments were read; `openapi` makes these too. */
export interface HttpCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: Json | undefined;
  readonly output: HttpOutput;
  readonly redirect: boolean;
  readonly credentials: Credentials | undefined;
}

const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/u;

/** Headers that follow from the request itself; a workflow that sets them could only break the framing. */
const COMPUTED_HEADERS = new Set([
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "upgrade",
  "te",
  "trailer",
  "expect",
]);

/** The `http` call of the specification. */
export function httpActivity(services: ActivityServices): Activity {
  return {
    kind: "http",
    async run(input, context: CallContext) {
      const endpoint = readEndpoint(input, "endpoint");
      const url = httpUrl(endpoint.uri, "endpoint");
      addQuery(url, getKey(input, "query"));
      return sendHttpCall(
        {
          method: requireString(input, "method").toUpperCase(),
          url,
          headers: textMap(input, "headers"),
          body: getKey(input, "body"),
          output: wordOr(input, "output", ["raw", "content", "response"], "content"),
          redirect: booleanOr(input, "redirect", false),
          credentials: services.credentials(endpoint.authentication, context),
        },
        services,
        context,
      );
    },
  };
}

/** Sends a call and gives its output; statuses outside 200-299 (200-399 with `redirect`) are communication faults with that status. */
export async function sendHttpCall(call: HttpCall, services: ActivityServices, context: CallContext): Promise<Json> {
  if (!TOKEN.test(call.method)) throw invalidArgument("method", call.method, "an HTTP method");
  const headers = requestHeaders(call.headers, context);
  const body = encodeBody(call.body, headers["content-type"]);
  if (body !== undefined) headers["content-type"] = body.contentType;
  const request = {
    method: call.method,
    url: call.url,
    headers,
    ...(body === undefined ? {} : { body: body.content }),
  };
  let done: Exchange;
  try {
    done = await exchange(services.http, request, {
      credentials: call.credentials,
      redirectsMax: call.redirect ? services.options.http.redirectsMax : 0,
      stop: context.stop,
      isSecret: (value) => context.secrets.redactor.text(value) !== value,
    });
  } catch (error) {
    const fault = transportFault(error, call.url.host);
    throw fault === undefined ? error : new ActivityFault(fault);
  }
  const { reply } = done;
  if (reply.statusCode < 200 || reply.statusCode >= (call.redirect ? 400 : 300)) {
    throw statusFault(call.method, call.url, reply, services.options.http.faultBodyBytesMax);
  }
  if (call.output === "raw") return reply.body.toString("base64");
  const content = decodeContent(reply.body, reply.headers["content-type"]);
  return call.output === "content" ? content : wholeResponse(done, content);
}

/** The communication fault of a response with an error status: RFC 7807 fields, and the start of the body as data (`data`). */
export function statusFault(method: string, url: URL, reply: HttpReply, bodyBytesMax: number): ActivityFault {
  const phrase = reply.statusText || (STATUS_CODES[reply.statusCode] ?? "");
  const status = `${reply.statusCode} ${phrase}`.trim();
  const cut = reply.body.length > bodyBytesMax;
  const data = cut
    ? reply.body.toString("utf8", 0, bodyBytesMax)
    : decodeContentLeniently(reply.body, reply.headers["content-type"]);
  return new ActivityFault(
    standardFault("communication", `HTTP ${status}`, `${method} ${url.origin}${url.pathname} answered ${status}`, {
      status: reply.statusCode,
      data,
    }),
  );
}

function requestHeaders(given: Record<string, string>, context: CallContext): Record<string, string> {
  const headers = Object.assign(Object.create(null) as Record<string, string>, callHeaders(context));
  headers["accept"] = "application/json, */*;q=0.9";
  headers["accept-encoding"] = ACCEPT_ENCODING;
  headers["user-agent"] = "stigmer";
  for (const [name, value] of Object.entries(given)) {
    const key = name.toLowerCase();
    if (!TOKEN.test(key)) throw invalidArgument("headers", name, "names that HTTP allows");
    if (COMPUTED_HEADERS.has(key))
      throw invalidArgument("headers", name, "without headers that follow from the request itself");
    if (/[^\t\u0020-\u007E\u0080-\u00FF]/u.test(value))
      throw invalidArgument(`headers.${name}`, value, "one line of Latin-1 text");
    headers[key] = value;
  }
  return headers;
}

/** Adds query parameters to a URL: arrays repeat the name, null leaves it out, objects are JSON. */
export function addQuery(url: URL, query: Json | undefined): void {
  if (query === undefined || query === null) return;
  if (!isJsonObject(query)) throw invalidArgument("query", query, "an object");
  for (const [name, value] of Object.entries(query)) {
    for (const item of isJsonArray(value) ? value : [value])
      if (item !== null) url.searchParams.append(name, scalarText(item));
  }
}

function wholeResponse({ request, reply }: Exchange, content: Json): JsonObject {
  const headers: Record<string, string> = { ...request.headers };
  for (const name of ["authorization", "proxy-authorization", "cookie"])
    if (name in headers) headers[name] = "[redacted]";
  return {
    request: { method: request.method, uri: request.url.href, headers },
    statusCode: reply.statusCode,
    headers: { ...reply.headers },
    content,
  };
}
