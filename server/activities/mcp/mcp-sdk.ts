import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport, StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  ErrorCode,
  McpError,
  ResultSchema,
  SUPPORTED_PROTOCOL_VERSIONS,
  isInitializeRequest,
} from "@modelcontextprotocol/sdk/types.js";
import { type Json, type JsonObject, getKey, isJsonArray } from "@stigmer/core/lib/json.ts";

/*
 * The one file that knows the MCP SDK. It is loaded with the first MCP call, since it costs a quarter of a second.
 */

/** The parts of this file that `mcp` uses. */
export type McpSdk = typeof import("./mcp-sdk.ts");

/** A connection to a server, not yet open. */
export type McpTransport = Transport;

/** Versions of the protocol that can be spoken. */
export const supportedVersions: readonly string[] = SUPPORTED_PROTOCOL_VERSIONS;

/** Pages of a list read before it is taken for endless. */
const PAGES_MAX = 100;

/** Streamable HTTP with `fetch` as its only way out. */
export function httpTransport(url: URL, headers: Record<string, string>, fetch: typeof globalThis.fetch): McpTransport {
  return new StreamableHTTPClientTransport(url, {
    fetch,
    requestInit: { headers },
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 1000,
      maxReconnectionDelay: 1000,
      reconnectionDelayGrowFactor: 1,
    },
  });
}

/** A process that speaks over its standard input and output; its environment is just `env`. */
export function stdioTransport(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  bytesMax: number,
): McpTransport {
  return new StdioClientTransport({ command, args: [...args], env, stderr: "ignore", maxBufferSize: bytesMax });
}

/** One session: initialize, one method, close. */
export async function callServer(call: {
  readonly transport: McpTransport;
  readonly identity: { readonly name: string; readonly version: string };
  readonly version: string;
  readonly method: string;
  readonly parameters: JsonObject;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}): Promise<Json> {
  const options = { timeout: call.timeoutMs, maxTotalTimeout: call.timeoutMs, signal: call.signal };
  const client = new Client(call.identity, { capabilities: {} });
  offerVersion(call.transport, call.version);
  try {
    await client.connect(call.transport, options);
    const request = async (params: JsonObject): Promise<JsonObject> =>
      (await client.request({ method: call.method, params }, ResultSchema.loose(), options)) as unknown as JsonObject;
    const first = await request(call.parameters);
    return getKey(call.parameters, "cursor") === undefined ? await restOfList(first, call.parameters, request) : first;
  } finally {
    // A session left open would keep state on the server; a server that cannot end one says so, and that changes nothing here.
    if (call.transport instanceof StreamableHTTPClientTransport)
      await call.transport.terminateSession().catch(() => {});
    await client.close().catch(() => {});
  }
}

/** What went wrong, told apart without the SDK's classes. */
export type McpProblem =
  | { readonly kind: "timeout" }
  | { readonly kind: "rpc"; readonly code: number; readonly message: string; readonly data: Json | undefined }
  | { readonly kind: "http"; readonly status: number };

/** Reads an error of the SDK. */
export function problemOf(error: unknown): McpProblem | undefined {
  if (error instanceof UnauthorizedError) return { kind: "http", status: 401 };
  if (error instanceof StreamableHTTPError)
    return error.code === undefined || error.code < 100 ? undefined : { kind: "http", status: error.code };
  if (!(error instanceof McpError)) return undefined;
  if (error.code === (ErrorCode.RequestTimeout as number)) return { kind: "timeout" };
  if (error.code === (ErrorCode.ConnectionClosed as number)) return undefined;
  return {
    kind: "rpc",
    code: error.code,
    message: error.message.replace(/^(?:MCP error -?\d+: )+/u, ""),
    data: error.data as Json | undefined,
  };
}

/** The client always offers its newest version; a workflow decides itself. */
function offerVersion(transport: Transport, version: string): void {
  const send = transport.send.bind(transport);
  transport.send = (message, options) =>
    send(
      isInitializeRequest(message) ? { ...message, params: { ...message.params, protocolVersion: version } } : message,
      options,
    );
}

async function restOfList(
  first: JsonObject,
  parameters: JsonObject,
  request: (params: JsonObject) => Promise<JsonObject>,
): Promise<JsonObject> {
  const list = Object.keys(first).find((key) => isJsonArray(first[key]));
  let cursor = getKey(first, "nextCursor");
  if (list === undefined || typeof cursor !== "string") return first;
  const items = [...(first[list] as readonly Json[])];
  for (let pages = 1; typeof cursor === "string" && pages < PAGES_MAX; pages += 1) {
    const page = await request({ ...parameters, cursor });
    const more = getKey(page, list);
    if (isJsonArray(more)) items.push(...more);
    cursor = getKey(page, "nextCursor");
  }
  const { nextCursor: _last, ...rest } = first;
  return { ...rest, [list]: items, ...(typeof cursor === "string" ? { nextCursor: cursor } : {}) };
}
