import type { Json, JsonObject } from "../../lib/json.ts";
import type { AuthenticationReference } from "./authentication.ts";
import type { Duration, Endpoint, ExpressionText, ExternalResource } from "./data.ts";

/* Arguments of the calls by protocol. */

/** Arguments of `call: http`. */
export interface HttpArguments {
  readonly method: string;
  readonly endpoint: Endpoint;
  /** A relaxation: integers are accepted besides strings, since `id: 1` cannot mean anything else. */
  readonly headers?: Readonly<Record<string, string | number>> | ExpressionText;
  readonly body?: Json;
  /** A relaxation: integers are accepted besides strings. */
  readonly query?: Readonly<Record<string, string | number>> | ExpressionText;
  /** Default: `content`. */
  readonly output?: HttpOutput;
  /** Default: false. */
  readonly redirect?: boolean;
}

/** What an HTTP or OpenAPI call yields: base64 bytes, the deserialised content, or the whole response. */
export type HttpOutput = "raw" | "content" | "response";

/** Arguments of `call: grpc`. */
export interface GrpcArguments {
  readonly proto: ExternalResource;
  readonly service: GrpcService;
  readonly method: string;
  readonly arguments?: JsonObject;
}

/** The gRPC service to call; a runtime expression as host is a relaxation. */
export interface GrpcService {
  readonly name: string;
  readonly host: string;
  readonly port?: number;
  readonly authentication?: AuthenticationReference;
}

/** Arguments of `call: openapi`. */
export interface OpenApiArguments {
  readonly document: ExternalResource;
  readonly operationId: string;
  readonly parameters?: JsonObject;
  readonly authentication?: AuthenticationReference;
  readonly output?: HttpOutput;
  readonly redirect?: boolean;
}

/** The nineteen protocols an AsyncAPI server may speak. */
export const asyncApiProtocols = [
  "amqp",
  "amqp1",
  "anypointmq",
  "googlepubsub",
  "http",
  "ibmmq",
  "jms",
  "kafka",
  "mercure",
  "mqtt",
  "mqtt5",
  "nats",
  "pulsar",
  "redis",
  "sns",
  "solace",
  "sqs",
  "stomp",
  "ws",
] as const;

export type AsyncApiProtocol = (typeof asyncApiProtocols)[number];

/** When consumption ends: exactly one of `amount`, `while`, `until`; `for` bounds it in time. */
export interface AsyncApiConsumption {
  readonly for?: Duration;
  readonly amount?: number;
  readonly while?: ExpressionText;
  readonly until?: ExpressionText;
}

/** Arguments of `call: a2a`; at least one of `agentCard` and `server` is present. */
export interface A2aArguments {
  readonly agentCard?: ExternalResource;
  readonly server?: Endpoint;
  readonly method: A2aMethod;
  readonly parameters?: JsonObject | ExpressionText;
}

export const a2aMethods = [
  "message/send",
  "message/stream",
  "tasks/get",
  "tasks/list",
  "tasks/cancel",
  "tasks/resubscribe",
  "tasks/pushNotificationConfig/set",
  "tasks/pushNotificationConfig/get",
  "tasks/pushNotificationConfig/list",
  "tasks/pushNotificationConfig/delete",
  "agent/getAuthenticatedExtendedCard",
] as const;

export type A2aMethod = (typeof a2aMethods)[number];

/** Arguments of `call: mcp`. */
export interface McpArguments {
  /** Default: `2025-06-18`. */
  readonly protocolVersion?: string;
  readonly method: McpMethod;
  readonly parameters?: JsonObject | ExpressionText;
  readonly timeout?: Duration;
  readonly transport: McpTransport;
  readonly client?: { readonly name: string; readonly version: string };
}

export const mcpMethods = [
  "tools/list",
  "tools/call",
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/read",
  "resources/templates/list",
] as const;

export type McpMethod = (typeof mcpMethods)[number];

/** How the MCP server is reached: exactly one of `http` and `stdio`. */
export interface McpTransport {
  readonly http?: { readonly endpoint: Endpoint; readonly headers?: Readonly<Record<string, string | number>> };
  readonly stdio?: {
    readonly command: string;
    readonly arguments?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
  };
  readonly options?: Readonly<Record<string, string>>;
}
