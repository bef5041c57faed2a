import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject, setKey } from "@stigmer/core/lib/json.ts";
import { configurationFault, scalarText } from "../activity-arguments.ts";
import { LinkedDocument } from "../resource/linked-document.ts";
import { parseResource } from "../resource/resource-reader.ts";

/** A parsed AsyncAPI text; what it refers to belongs to a call (`linkAsyncapi`). */
export interface AsyncapiText {
  readonly major: 2 | 3;
  readonly root: JsonObject;
}

/** An AsyncAPI document with what it refers to. */
export interface AsyncapiDocument extends AsyncapiText {
  readonly links: LinkedDocument;
}

/** A server of a document, by name. */
export interface AsyncapiServer {
  readonly name: string;
  /** The protocol without its `s`: `wss` is `ws` with TLS. */
  readonly protocol: string;
  readonly tls: boolean;
  readonly definition: JsonObject;
}

/** What a call names, found in a document. */
export interface AsyncapiOperation {
  readonly address: string;
  readonly channel: JsonObject;
  readonly operation: JsonObject;
  readonly message: JsonObject;
  readonly servers: readonly AsyncapiServer[];
}

/** Secure spellings of protocols. */
const SECURE: ReadonlyMap<string, string> = new Map([
  ["https", "http"],
  ["wss", "ws"],
  ["kafka-secure", "kafka"],
  ["amqps", "amqp"],
  ["mqtts", "mqtt"],
  ["secure-mqtt", "mqtt"],
  ["rediss", "redis"],
  ["redis-secure", "redis"],
  ["natss", "nats"],
  ["nats+tls", "nats"],
]);

/** Parses an AsyncAPI document of version 2 or 3, JSON or YAML. */
export function parseAsyncapi(content: string, mediaType: string): AsyncapiText {
  const root = parseResource({ content, mediaType });
  const version = isJsonObject(root) ? getKey(root, "asyncapi") : undefined;
  if (!isJsonObject(root) || typeof version !== "string") throw unusable("it is no AsyncAPI document");
  if (/^2\.\d+\.\d+/u.test(version)) return { major: 2, root };
  if (/^3\.0\.\d+/u.test(version)) return { major: 3, root };
  throw unusable(`its version is "${version}", it should be 2.x or 3.0`);
}

/** Finds the operation (version 3, or an `operationId` of version 2) or the channel (version 2) of a call. */
export function findAsyncapiOperation(
  document: AsyncapiDocument,
  wanted: { readonly operation?: string; readonly channel?: string; readonly publishes: boolean },
): AsyncapiOperation {
  return document.major === 3 ? findInVersion3(document, wanted) : findInVersion2(document, wanted);
}

/** A document for one call, which came from `uri`: references are relative to it. */
export function linkAsyncapi(text: AsyncapiText, uri: string): AsyncapiDocument {
  return { ...text, links: new LinkedDocument(uri, text.root, unusable) };
}

/** A value with its `$ref` followed, into other documents too. */
export function dereference(document: AsyncapiDocument, value: Json | undefined): JsonObject {
  return document.links.follow(value);
}

/** Puts values in place of `{name}`; the default of a variable stands in for a value that is not given. */
export function fillVariables(text: string, definitions: JsonObject, values: JsonObject, what: string): string {
  return text.replaceAll(/\{([^{}]+)\}/gu, (_match, name: string) => {
    const definition = getKey(definitions, name);
    const value = getKey(values, name) ?? (isJsonObject(definition) ? getKey(definition, "default") : undefined);
    if (value === undefined || value === null)
      throw configurationFault(
        "Missing variable",
        `Cannot use the ${what} "${text}": variable "${name}" has neither a value nor a default`,
      );
    const allowed = isJsonObject(definition) ? getKey(definition, "enum") : undefined;
    if (isJsonArray(allowed) && allowed.length > 0 && !allowed.includes(value)) {
      throw configurationFault(
        "Invalid variable",
        `Cannot use the ${what} "${text}": variable "${name}" is ${scalarText(value)}, it should be one of ${allowed.map(scalarText).join(", ")}`,
      );
    }
    return scalarText(value);
  });
}

/** The fault of a document that cannot be used, to be thrown. */
export function unusable(problem: string): Error {
  return configurationFault("Unusable AsyncAPI document", `Cannot use the AsyncAPI document: ${problem}`);
}

function findInVersion3(
  document: AsyncapiDocument,
  { operation: name, channel: channelName }: { readonly operation?: string; readonly channel?: string },
): AsyncapiOperation {
  const channels = members(document.root, "channels");
  const operations = members(document.root, "operations");
  const operation =
    name === undefined ? {} : dereference(document, getKey(operations, name.replace(/^#\/operations\//u, "")));
  if (name !== undefined && Object.keys(operation).length === 0)
    throw missing("operation", name, Object.keys(operations));
  const reference = getKey(operation, "channel");
  const pointed = isJsonObject(reference) ? getKey(reference, "$ref") : undefined;
  const id =
    typeof pointed === "string"
      ? (pointed.split("/").at(-1) ?? "").replaceAll("~1", "/").replaceAll("~0", "~")
      : (channelName ?? "");
  const channel = dereference(document, name === undefined ? getKey(channels, id) : reference);
  if (Object.keys(channel).length === 0) throw missing("channel", id, Object.keys(channels));
  const messages = getKey(operation, "messages");
  const first = isJsonArray(messages) ? messages[0] : Object.values(members(channel, "messages"))[0];
  const address = getKey(channel, "address");
  return {
    address: typeof address === "string" ? address : id,
    channel,
    operation: withTraits(document, operation),
    message: withTraits(document, dereference(document, first)),
    servers: serversOf(document, getKey(channel, "servers")),
  };
}

function findInVersion2(
  document: AsyncapiDocument,
  {
    operation: wanted,
    channel: address,
    publishes,
  }: { readonly operation?: string; readonly channel?: string; readonly publishes: boolean },
): AsyncapiOperation {
  const channels = members(document.root, "channels");
  const sides = publishes ? ["publish", "subscribe"] : ["subscribe", "publish"];
  const known: string[] = [];
  for (const [name, value] of Object.entries(channels)) {
    const channel = dereference(document, value);
    for (const side of sides) {
      const operation = dereference(document, getKey(channel, side));
      const id = getKey(operation, "operationId");
      if (typeof id === "string") known.push(id);
      const found = wanted === undefined ? name === address : id === wanted;
      if (
        !found ||
        (Object.keys(operation).length === 0 && side === sides[0] && getKey(channel, sides[1] ?? "") !== undefined)
      )
        continue;
      const message = dereference(document, getKey(operation, "message"));
      const alternatives = getKey(message, "oneOf");
      return {
        address: name,
        channel,
        operation: withTraits(document, operation),
        message: withTraits(document, isJsonArray(alternatives) ? dereference(document, alternatives[0]) : message),
        servers: serversOf(document, getKey(channel, "servers")),
      };
    }
  }
  throw wanted === undefined
    ? missing("channel", address ?? "", Object.keys(channels))
    : missing("operation", wanted, known);
}

/** An operation or message with its traits merged in: in version 2 a trait wins over what it is applied to (JSON Merge Patch), in version 3 it only fills in. */
function withTraits(document: AsyncapiDocument, target: JsonObject): JsonObject {
  const traits = getKey(target, "traits");
  if (!isJsonArray(traits)) return target;
  return traits
    .map((trait) => dereference(document, trait))
    .reduce((merged, trait) => (document.major === 2 ? overlaid(merged, trait) : overlaid(trait, merged)), target);
}

/** Members of both, objects merged; of two other values that of `upper`. What is nested too deep is not looked into. */
function overlaid(lower: JsonObject, upper: JsonObject, depth = 0): JsonObject {
  const merged: Record<string, Json> = {};
  for (const [name, value] of Object.entries(lower)) setKey(merged, name, value);
  for (const [name, value] of Object.entries(upper)) {
    const below = getKey(lower, name);
    const both = isJsonObject(below) && isJsonObject(value) && depth < 8;
    setKey(merged, name, both ? overlaid(below, value, depth + 1) : value);
  }
  return merged;
}

function serversOf(document: AsyncapiDocument, restriction: Json | undefined): readonly AsyncapiServer[] {
  const all = Object.entries(members(document.root, "servers"));
  const named = isJsonArray(restriction) ? restriction.flatMap((entry) => referencedName(entry) ?? []) : [];
  return all
    .filter(([name]) => named.length === 0 || named.includes(name))
    .map(([name, value]) => {
      const definition = dereference(document, value);
      const spelled = getKey(definition, "protocol");
      const protocol = typeof spelled === "string" ? spelled.toLowerCase() : "";
      const version = getKey(definition, "protocolVersion");
      const base = SECURE.get(protocol) ?? protocol;
      return {
        name,
        protocol: base === "mqtt" && typeof version === "string" && version.startsWith("5") ? "mqtt5" : base,
        tls: SECURE.has(protocol),
        definition,
      };
    });
}

/** The name of a server as version 2 (by itself) and version 3 (the end of a reference) give it. */
function referencedName(entry: Json): string | undefined {
  const reference = isJsonObject(entry) ? getKey(entry, "$ref") : entry;
  return typeof reference === "string" ? reference.split("/").at(-1) : undefined;
}

function members(source: JsonObject, name: string): JsonObject {
  const value = getKey(source, name);
  return isJsonObject(value) ? value : {};
}

function missing(what: string, name: string, known: readonly string[]): Error {
  return configurationFault(
    `Unknown ${what}`,
    `Cannot find ${what} "${name}" in the AsyncAPI document: it has ${known.slice(0, 20).join(", ") || "none"}`,
  );
}
