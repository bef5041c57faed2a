import { type Json, type JsonObject, getKey, isJsonObject, setKey } from "@stigmer/core/lib/json.ts";
import { getAtPointer } from "@stigmer/core/lib/json-pointer.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault, type Activity, type MessageSource } from "../activity.ts";
import {
  configurationFault,
  invalidArgument,
  optionalObject,
  optionalString,
  requireObject,
  requireString,
  textMap,
} from "../activity-arguments.ts";
import type { ActivityServices } from "../activity-services.ts";
import type { Credentials } from "../auth/credentials.ts";
import type { CallContext } from "../call-context.ts";
import { DocumentCache } from "../document-cache.ts";
import { withDocuments } from "../resource/linked-document.ts";
import { RelatedResources } from "../resource/related-resources.ts";
import { transportFault } from "../transport-fault.ts";
import {
  type AsyncapiDocument,
  type AsyncapiOperation,
  type AsyncapiServer,
  dereference,
  fillVariables,
  findAsyncapiOperation,
  linkAsyncapi,
  parseAsyncapi,
  type AsyncapiText,
} from "./asyncapi-document.ts";
import type { BrokerProtocol, BrokerTarget, IncomingMessage } from "./broker-target.ts";
import { inTime } from "./in-time.ts";
import { brokerProtocol } from "./protocols.ts";

interface Resolved {
  readonly protocol: BrokerProtocol;
  readonly name: string;
  readonly target: BrokerTarget;
  readonly correlation: string | undefined;
}

/** The publishing half of the `asyncapi` call of the specification; gives back the message as it was sent. */
export function asyncapiActivity(services: ActivityServices): Activity {
  const resolve = resolver(services);
  return {
    kind: "asyncapi",
    async run(input, context: CallContext): Promise<Json> {
      const given = requireObject(input, "message");
      const message = { payload: getKey(given, "payload") ?? null, headers: textMap(given, "headers") };
      const { protocol, name, target } = await resolve(input, context, message);
      if (protocol.withoutHeaders === true && Object.keys(message.headers).length > 0)
        throw configurationFault(
          "Headers not possible",
          `Cannot publish headers over ${name}: its messages have none, they should be part of the payload`,
        );
      try {
        await withRenewal(protocol, target, () =>
          inTime(services.options.http.timeoutMs, protocol.publish(target, message, { services, context })),
        );
      } catch (error) {
        throw brokerFault(error, protocol, target, context);
      }
      return { payload: message.payload, headers: { ...message.headers } };
    },
  };
}

/** The consuming half: messages as `{ payload, headers, correlationId? }`. Which of them count, and how many, the interpreter decides. */
export function asyncapiMessages(services: ActivityServices): MessageSource {
  const resolve = resolver(services);
  return {
    async consume(input, context, deliver) {
      const call = context as CallContext;
      const { protocol, name, target, correlation } = await resolve(input, call, undefined);
      const consume = protocol.consume?.bind(protocol);
      if (consume === undefined)
        throw configurationFault(
          "Cannot consume",
          `Cannot consume messages over ${name}: the protocol has no subscriptions`,
        );
      let undelivered: { readonly error: unknown } | undefined;
      const take = async (message: IncomingMessage): Promise<void> => {
        const correlationId = correlationOf(message, correlation);
        try {
          await deliver({
            payload: message.payload,
            headers: message.headers,
            ...(correlationId === undefined ? {} : { correlationId }),
          });
        } catch (error) {
          undelivered ??= { error };
          throw error;
        }
      };
      try {
        await withRenewal(protocol, target, () => consume(target, { services, context: call }, take));
      } catch (error) {
        // What kept a message from becoming durable is not the broker's fault.
        throw undelivered === undefined ? brokerFault(error, protocol, target, call) : undelivered.error;
      }
    },
  };
}

function resolver(
  services: ActivityServices,
): (
  input: JsonObject,
  context: CallContext,
  message: { readonly payload: Json; readonly headers: JsonObject } | undefined,
) => Promise<Resolved> {
  const documents = new DocumentCache<AsyncapiText>(services.options.resources.documentTtlMs, () =>
    services.options.now(),
  );
  return async (input, context, message) => {
    const source = requireObject(input, "document");
    const resource = await services.resources.read(source, context);
    const text = documents.get(resource.content, (content) => parseAsyncapi(content, resource.mediaType));
    const document = linkAsyncapi(text, resource.uri);
    const credentials = services.credentials(getKey(input, "authentication"), context);
    return withDocuments(document.links, new RelatedResources(services.resources, source, context), () =>
      resolveCall(document, input, message, credentials),
    );
  };
}

/** What a call means by its document: protocol, address, bindings and content type. */
function resolveCall(
  document: AsyncapiDocument,
  input: JsonObject,
  message: { readonly payload: Json; readonly headers: JsonObject } | undefined,
  credentials: Credentials | undefined,
): Resolved {
  const operation = optionalString(input, "operation");
  const channel = optionalString(input, "channel");
  if (operation === undefined && channel === undefined)
    throw invalidArgument("operation", undefined, "the name of an operation, or channel the name of a channel");
  const found = findAsyncapiOperation(document, {
    ...(operation === undefined ? {} : { operation }),
    ...(channel === undefined ? {} : { channel }),
    publishes: message !== undefined,
  });
  const server = chooseServer(found, input);
  const protocol = brokerProtocol(server.protocol);
  if (protocol === undefined)
    throw configurationFault(
      "Protocol not available",
      `Cannot use server "${server.name}": this server has no client for ${server.protocol}`,
    );
  const location = getKey(dereference(document, getKey(found.message, "correlationId")), "location");
  return {
    protocol,
    name: server.protocol,
    correlation: typeof location === "string" ? location : undefined,
    target: {
      ...addressOf(document, server, optionalObject(optionalObject(input, "server"), "variables")),
      tls: server.tls,
      address: fillVariables(
        found.address,
        dereferencedMembers(document, found.channel, "parameters"),
        parameterValues(document, found, message),
        "channel",
      ),
      bindings: mergedBindings(document, server, found),
      contentType: contentTypeOf(document, found),
      credentials,
    },
  };
}

function chooseServer(found: AsyncapiOperation, input: JsonObject): AsyncapiServer {
  const server = optionalObject(input, "server");
  const name = Object.keys(server).length === 0 ? undefined : requireString(server, "name");
  const protocol = optionalString(input, "protocol");
  const fits = (candidate: AsyncapiServer): boolean =>
    (name === undefined || candidate.name === name) &&
    (protocol === undefined ||
      candidate.protocol === protocol ||
      (protocol.startsWith("mqtt") && candidate.protocol.startsWith("mqtt")));
  const fitting = found.servers.filter(fits);
  const chosen = fitting.find((candidate) => brokerProtocol(candidate.protocol) !== undefined) ?? fitting[0];
  if (chosen === undefined) {
    const wanted = [name === undefined ? "" : `named "${name}"`, protocol === undefined ? "" : `for ${protocol}`]
      .filter((part) => part !== "")
      .join(" ");
    const known = found.servers.map((candidate) => `${candidate.name} (${candidate.protocol})`).join(", ");
    throw configurationFault(
      "Unknown server",
      `Cannot find a server ${wanted} in the AsyncAPI document: it has ${known === "" ? "none" : known}`,
    );
  }
  // The workflow may say which version of MQTT it wants where the document leaves that open.
  return protocol === "mqtt5" ? { ...chosen, protocol } : chosen;
}

function addressOf(
  document: AsyncapiDocument,
  { definition }: AsyncapiServer,
  values: JsonObject,
): Pick<BrokerTarget, "host" | "port" | "path"> {
  const variables = dereferencedMembers(document, definition, "variables");
  const text =
    document.major === 2
      ? requireString(definition, "url")
      : requireString(definition, "host") + (optionalString(definition, "pathname") ?? "");
  const filled = fillVariables(text, variables, values, "server");
  // Schemes such as kafka:// are no special schemes of URLs; http:// reads any host and port.
  const plain = `http://${filled.replace(/^[a-z][\w+.-]*:\/\//iu, "").split(",")[0]}`;
  if (!URL.canParse(plain))
    throw configurationFault("Unusable server", `Cannot use the server "${filled}": it is no address`);
  const explicit = /:(\d+)(?=[/?#]|$)/u.exec(plain.slice("http://".length).replace(/^\[[^\]]*\]/u, ""))?.[1];
  const url = new URL(plain);
  return {
    host: url.hostname.replaceAll(/^\[|\]$/gu, ""),
    port: explicit === undefined ? undefined : Number(explicit),
    path: url.pathname,
  };
}

/** Values of channel parameters: where a parameter says its location, it is taken from the message being published. */
function parameterValues(
  document: AsyncapiDocument,
  found: AsyncapiOperation,
  message: { readonly payload: Json; readonly headers: JsonObject } | undefined,
): JsonObject {
  const values: Record<string, Json> = {};
  if (message === undefined) return values;
  for (const [name, definition] of Object.entries(dereferencedMembers(document, found.channel, "parameters"))) {
    const location = isJsonObject(definition) ? getKey(definition, "location") : undefined;
    const value = typeof location === "string" ? atLocation(message, location) : undefined;
    if (value !== undefined) setKey(values, name, value);
  }
  return values;
}

/** A runtime expression of AsyncAPI: `$message.payload#/path` or `$message.header#/path`. */
function atLocation(
  message: { readonly payload: Json; readonly headers: JsonObject },
  location: string,
): Json | undefined {
  const match = /^\$message\.(payload|header)#(.*)$/u.exec(location);
  if (match === null) return undefined;
  return getAtPointer(match[1] === "payload" ? message.payload : message.headers, match[2] ?? "");
}

function correlationOf(message: IncomingMessage, location: string | undefined): string | undefined {
  const value =
    location === undefined
      ? (getKey(message.headers, "correlationId") ?? getKey(message.headers, "correlation-id"))
      : atLocation(message, location);
  return value === undefined || value === null ? undefined : typeof value === "string" ? value : JSON.stringify(value);
}

function mergedBindings(document: AsyncapiDocument, server: AsyncapiServer, found: AsyncapiOperation): JsonObject {
  const merged: Record<string, Json> = {};
  for (const source of [server.definition, found.channel, found.operation, found.message]) {
    const bindings = dereference(document, getKey(source, "bindings"));
    const own =
      getKey(bindings, server.protocol) ?? (server.protocol === "mqtt5" ? getKey(bindings, "mqtt") : undefined);
    for (const [name, value] of Object.entries(dereference(document, own))) setKey(merged, name, value);
  }
  return merged;
}

function contentTypeOf(document: AsyncapiDocument, found: AsyncapiOperation): string {
  return (
    optionalString(found.message, "contentType") ??
    optionalString(document.root, "defaultContentType") ??
    "application/json"
  );
}

function dereferencedMembers(document: AsyncapiDocument, source: JsonObject, name: string): JsonObject {
  const resolved: Record<string, Json> = {};
  for (const [key, value] of Object.entries(dereference(document, getKey(source, name))))
    setKey(resolved, key, dereference(document, value));
  return resolved;
}

/** Does it again, once, where the broker refused credentials that can be renewed: a token that was taken back before its time. */
async function withRenewal(protocol: BrokerProtocol, target: BrokerTarget, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const refused =
      error instanceof ActivityFault
        ? error.fault.type === "authentication" && target.credentials !== undefined
        : error instanceof Error && protocol.isRefusal?.(error) === true;
    if (!refused || (await target.credentials?.renew()) !== true) throw error;
    await work();
  }
}

/** What an error of a client means: refused credentials, a connection that failed, or anything else between us and the broker, all of it communication. */
function brokerFault(error: unknown, protocol: BrokerProtocol, target: BrokerTarget, context: CallContext): unknown {
  if (error instanceof ActivityFault || context.signal.aborted || !(error instanceof Error)) return error;
  if (protocol.isRefusal?.(error) === true) {
    return new ActivityFault(
      standardFault("authentication", "Credentials refused", `The broker "${target.host}" refused the credentials`),
    );
  }
  const fault = transportFault(error, target.host);
  return new ActivityFault(
    fault ??
      standardFault(
        "communication",
        "Broker call failed",
        `Cannot complete the call to "${target.host}": ${error.message}`,
        { status: 502 },
      ),
  );
}
