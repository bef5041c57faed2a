import { fetch as undiciFetch } from "undici";
import { type Json, type JsonObject, getKey, isJsonObject } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault, type Activity } from "../activity.ts";
import {
  configurationFault,
  invalidArgument,
  optionalDurationMs,
  optionalObject,
  optionalString,
  requireObject,
  requireString,
  textList,
  textMap,
  wordOr,
  readEndpoint,
  httpUrl,
} from "../activity-arguments.ts";
import type { ActivityServices } from "../activity-services.ts";
import type { Credentials } from "../auth/credentials.ts";
import { type CallContext, callHeaders } from "../call-context.ts";
import { environmentOf, requirePermission } from "../process/process-arguments.ts";
import { tooLarge } from "../http/http-client.ts";
import { transportFault } from "../transport-fault.ts";
import type { McpSdk, McpTransport } from "./mcp-sdk.ts";

const METHODS = [
  "tools/list",
  "tools/call",
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/read",
  "resources/templates/list",
] as const;

/** The version the specification asks for where a workflow names none. */
const DEFAULT_PROTOCOL_VERSION = "2025-06-18";

/**
 * The `mcp` call of the specification: one session with an MCP server, from `initialize` to the result of one method, over streamable HTTP or the standard input and output of a process (which
 * the operator has to allow). Lists are read to their last page.
 */
export function mcpActivity(services: ActivityServices): Activity {
  return {
    kind: "mcp",
    async run(input, context: CallContext) {
      const sdk = await import("./mcp-sdk.ts");
      const method = wordOr(input, "method", METHODS, "tools/list");
      if (getKey(input, "method") !== method)
        throw invalidArgument("method", getKey(input, "method"), `one of ${METHODS.join(", ")}`);
      const timeoutMs = optionalDurationMs(input, "timeout") ?? services.options.http.timeoutMs;
      const version = optionalString(input, "protocolVersion") ?? DEFAULT_PROTOCOL_VERSION;
      if (!sdk.supportedVersions.includes(version)) {
        throw configurationFault(
          "Unknown MCP version",
          `Cannot speak MCP ${version}: it should be one of ${sdk.supportedVersions.join(", ")}`,
        );
      }
      const { transport, peer } = createTransport(requireObject(input, "transport"), services, context, sdk);
      const client = optionalObject(input, "client");
      const identity = {
        name: optionalString(client, "name") ?? "stigmer",
        version: optionalString(client, "version") ?? "1.0.0",
      };
      try {
        return await sdk.callServer({
          transport,
          identity,
          version,
          method,
          parameters: optionalObject(input, "parameters"),
          timeoutMs,
          signal: context.signal,
        });
      } catch (error) {
        throw mcpFault(error, peer, timeoutMs, context, sdk);
      }
    },
  };
}

function createTransport(
  transport: JsonObject,
  services: ActivityServices,
  context: CallContext,
  sdk: McpSdk,
): { transport: McpTransport; peer: string } {
  if (isJsonObject(getKey(transport, "http"))) {
    const http = requireObject(transport, "http");
    const endpoint = readEndpoint(http, "endpoint");
    const url = httpUrl(endpoint.uri, "endpoint");
    const headers = { ...callHeaders(context), ...textMap(http, "headers"), ...textMap(transport, "options") };
    const credentials = services.credentials(endpoint.authentication, context);
    return { transport: sdk.httpTransport(url, headers, guardedFetch(services, credentials)), peer: url.host };
  }
  if (isJsonObject(getKey(transport, "stdio"))) {
    requirePermission("mcp-stdio", services.options);
    const stdio = requireObject(transport, "stdio");
    const command = requireString(stdio, "command");
    const environment = {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      LANG: "C.UTF-8",
      ...environmentOf(stdio),
    };
    return {
      transport: sdk.stdioTransport(
        command,
        textList(stdio, "arguments"),
        environment,
        services.options.http.responseBytesMax,
      ),
      peer: command,
    };
  }
  throw invalidArgument("transport", transport, "an object with http or stdio");
}

/** A `fetch` over our own connections, so that the SDK cannot get around the network guard, with one answer to a challenge. Redirects are errors: MCP has none. */
function guardedFetch(services: ActivityServices, credentials: Credentials | undefined): typeof fetch {
  const send = async (url: URL, init: RequestInit): Promise<Response> => {
    const options = { ...init, dispatcher: services.http.dispatcher, redirect: "error" } as unknown as Parameters<
      typeof undiciFetch
    >[1];
    return bounded(await undiciFetch(url, options), services.options.http.responseBytesMax);
  };
  return async (target, init = {}) => {
    const url = new URL(target instanceof Request ? target.url : target);
    if (credentials === undefined) return send(url, init);
    const body = typeof init.body === "string" ? { body: init.body } : {};
    const request = {
      method: init.method ?? "GET",
      url,
      headers: Object.fromEntries(new Headers(init.headers)),
      ...body,
    };
    for (let challenges = 0; ; challenges += 1) {
      const signed = await credentials.authorize(request);
      const response = await send(signed.url, { ...init, headers: { ...signed.headers } });
      const reply = {
        statusCode: response.status,
        statusText: response.statusText,
        headers: Object.fromEntries(response.headers),
        body: Buffer.alloc(0),
      };
      if (response.status !== 401 || challenges >= 2 || !(await credentials.challenged(signed, reply))) return response;
      await response.body?.cancel();
    }
  };
}

/** The response with a body that fails above so many bytes: the SDK would gather it whole. */
function bounded(response: Response, bytesMax: number): Response {
  if (response.body === null) return response;
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) controller.error(tooLarge(bytesMax));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(limit), { status, statusText, headers });
}

/** JSON-RPC errors are runtime faults, refused credentials authentication faults, everything else between us and the server is communication. */
function mcpFault(error: unknown, peer: string, timeoutMs: number, context: CallContext, sdk: McpSdk): unknown {
  if (error instanceof ActivityFault || context.signal.aborted) return error;
  const cause = error instanceof Error && error.cause instanceof ActivityFault ? error.cause : undefined;
  if (cause !== undefined) return cause;
  const problem = sdk.problemOf(error);
  if (problem?.kind === "timeout") {
    return new ActivityFault(
      standardFault(
        "timeout",
        "MCP call timed out",
        `Cannot complete the call to "${peer}": no answer within ${timeoutMs} ms`,
      ),
    );
  }
  if (problem?.kind === "rpc") {
    const data: Json = {
      code: problem.code,
      message: problem.message,
      ...(problem.data === undefined ? {} : { data: problem.data }),
    };
    return new ActivityFault(
      standardFault("runtime", "MCP error", `The MCP server answered error ${problem.code}: ${problem.message}`, {
        data,
      }),
    );
  }
  if (problem?.kind === "http") {
    const type = problem.status === 401 ? "authentication" : problem.status === 403 ? "authorization" : "communication";
    return new ActivityFault(
      standardFault(type, `HTTP ${problem.status}`, `The MCP server "${peer}" answered ${problem.status}`, {
        status: problem.status,
      }),
    );
  }
  const fault = transportFault(error, peer);
  if (fault !== undefined) return new ActivityFault(fault);
  const message = error instanceof Error ? error.message : "an unknown error";
  return new ActivityFault(
    standardFault("communication", "MCP call failed", `Cannot complete the call to "${peer}": ${message}`, {
      status: 502,
    }),
  );
}
