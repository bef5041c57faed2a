import { randomUUID } from "node:crypto";
import { type Json, type JsonObject, getKey, isJsonObject } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault, type Activity } from "../activity.ts";
import { invalidArgument, optionalObject } from "../activity-arguments.ts";
import type { ActivityServices } from "../activity-services.ts";
import type { Credentials } from "../auth/credentials.ts";
import { type CallContext, callHeaders } from "../call-context.ts";
import { exchange } from "../http/exchange.ts";
import { ACCEPT_ENCODING, unreadable, type HttpReply } from "../http/http-client.ts";
import { statusFault } from "../http/http.ts";
import { parseMediaType } from "../http/media-type.ts";
import { transportFault } from "../transport-fault.ts";
import { agentTarget } from "./agent-card.ts";
import { eventData } from "./server-sent-events.ts";

/** The methods of the specification, section A2A call; the streaming ones answer with events. */
const METHODS: ReadonlyMap<string, { readonly stream: boolean }> = new Map([
  ["message/send", { stream: false }],
  ["message/stream", { stream: true }],
  ["tasks/get", { stream: false }],
  ["tasks/list", { stream: false }],
  ["tasks/cancel", { stream: false }],
  ["tasks/resubscribe", { stream: true }],
  ["tasks/pushNotificationConfig/set", { stream: false }],
  ["tasks/pushNotificationConfig/get", { stream: false }],
  ["tasks/pushNotificationConfig/list", { stream: false }],
  ["tasks/pushNotificationConfig/delete", { stream: false }],
  ["agent/getAuthenticatedExtendedCard", { stream: false }],
]);

/** The `a2a` call of the specification: one method of an agent over JSON-RPC and HTTP. A stream is read to its end and given as an array of its results; errors of JSON-RPC are runtime faults. */
export function a2aActivity(services: ActivityServices): Activity {
  return {
    kind: "a2a",
    async run(input, context: CallContext) {
      const name = getKey(input, "method");
      const method = typeof name === "string" ? METHODS.get(name) : undefined;
      if (typeof name !== "string" || method === undefined)
        throw invalidArgument("method", name, `one of ${[...METHODS.keys()].join(", ")}`);
      const target = await agentTarget(input, services, context);
      const parameters = withMessageDefaults(name, optionalObject(input, "parameters"), context);
      const id = context.idempotencyKey;
      const request = {
        method: "POST",
        url: target.url,
        headers: {
          ...callHeaders(context),
          "content-type": "application/json",
          accept: method.stream ? "text/event-stream, application/json" : "application/json",
          "accept-encoding": ACCEPT_ENCODING,
          "user-agent": "stigmer",
        },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id,
          method: name,
          ...(Object.keys(parameters).length === 0 ? {} : { params: parameters }),
        }),
      };
      const credentials = asApiKey(services.credentials(target.authentication, context), target.apiKeyHeader);
      let reply: HttpReply;
      try {
        ({ reply } = await exchange(services.http, request, {
          credentials,
          redirectsMax: 0,
          stop: context.stop,
          isSecret: (value) => context.secrets.redactor.text(value) !== value,
        }));
      } catch (error) {
        const fault = transportFault(error, target.url.host);
        throw fault === undefined ? error : new ActivityFault(fault);
      }
      const answers = answersOf(reply);
      // An agent may say an error of JSON-RPC with an error status too; what it says counts more than how.
      if (
        (reply.statusCode < 200 || reply.statusCode > 299) &&
        !answers.some((answer) => getKey(answer, "error") !== undefined)
      ) {
        throw statusFault("POST", target.url, reply, services.options.http.faultBodyBytesMax);
      }
      const results = answers.map(resultOf);
      if (method.stream) return results;
      if (results.length === 0) throw unreadable("it is no answer of JSON-RPC");
      return results[0] ?? null;
    },
  };
}

/** `messageId`, `role` and `kind` of a message follow from the call where a workflow leaves them out; the id is the same over retries, so that an agent can recognise a repeat. */
function withMessageDefaults(method: string, parameters: JsonObject, context: CallContext): JsonObject {
  if (method !== "message/send" && method !== "message/stream") return parameters;
  const message = getKey(parameters, "message");
  if (!isJsonObject(message)) throw invalidArgument("parameters.message", message, "a message with parts");
  return {
    ...parameters,
    message: {
      kind: "message",
      messageId: context.idempotencyKey === "" ? randomUUID() : context.idempotencyKey,
      role: "user",
      ...message,
    },
  };
}

function answersOf(reply: HttpReply): readonly JsonObject[] {
  const stream = parseMediaType(reply.headers["content-type"]).essence === "text/event-stream";
  const text = reply.body.toString("utf8");
  return (stream ? eventData(text) : [text]).flatMap((item) => {
    try {
      const answer = JSON.parse(item) as Json;
      return isJsonObject(answer) && getKey(answer, "jsonrpc") === "2.0" ? [answer] : [];
    } catch {
      return [];
    }
  });
}

function resultOf(answer: JsonObject): Json {
  const error = getKey(answer, "error");
  if (error === undefined || error === null) return getKey(answer, "result") ?? null;
  const message = isJsonObject(error) ? (getKey(error, "message") ?? "") : "";
  const code = isJsonObject(error) ? (getKey(error, "code") ?? null) : null;
  throw new ActivityFault(
    standardFault(
      "runtime",
      "A2A error",
      `The agent answered error ${JSON.stringify(code)}: ${typeof message === "string" ? message : JSON.stringify(message)}`,
      { data: error },
    ),
  );
}

function asApiKey(credentials: Credentials | undefined, header: string | undefined): Credentials | undefined {
  if (credentials === undefined || header === undefined) return credentials;
  return {
    ...credentials,
    async authorize(request) {
      const plain = await credentials.plain();
      if (plain === undefined) return credentials.authorize(request);
      return {
        ...request,
        headers: { ...request.headers, [header]: plain.kind === "token" ? plain.token : plain.password },
      };
    },
  };
}
