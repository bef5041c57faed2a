import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject } from "@stigmer/core/lib/json.ts";
import { configurationFault, httpUrl, readEndpoint, requireObject } from "../activity-arguments.ts";
import type { ActivityServices } from "../activity-services.ts";
import type { CallContext } from "../call-context.ts";
import { parseResource } from "../resource/resource-reader.ts";

/** Where an agent is called, and how. */
export interface AgentTarget {
  readonly url: URL;
  readonly authentication: Json | undefined;
  /** Where the agent's card says an API key goes; a bearer header otherwise. */
  readonly apiKeyHeader: string | undefined;
}

/** Reads `server` or `agentCard`; with both, the card describes the agent and `server` says where this one is. */
export async function agentTarget(
  input: JsonObject,
  services: ActivityServices,
  context: CallContext,
): Promise<AgentTarget> {
  const card =
    getKey(input, "agentCard") === undefined
      ? undefined
      : await readCard(requireObject(input, "agentCard"), services, context);
  const apiKeyHeader = card === undefined ? undefined : apiKeyHeaderOf(card.card);
  if (getKey(input, "server") !== undefined) {
    const { uri, authentication } = readEndpoint(input, "server");
    return { url: httpUrl(uri, "server"), authentication: authentication ?? card?.authentication, apiKeyHeader };
  }
  if (card === undefined)
    throw configurationFault("No agent", "Cannot call an agent: neither server nor agentCard is given");
  return { url: cardUrl(card.card, card.uri), authentication: card.authentication, apiKeyHeader };
}

async function readCard(
  given: JsonObject,
  services: ActivityServices,
  context: CallContext,
): Promise<{ readonly card: JsonObject; readonly uri: string; readonly authentication: Json | undefined }> {
  const endpoint = readEndpoint(given, "endpoint");
  const resource = await services.resources.read(given, context);
  const card = parseResource({ content: resource.content, mediaType: "application/json" });
  if (!isJsonObject(card))
    throw configurationFault(
      "Unusable agent card",
      `Cannot use the agent card "${resource.uri}": it is no JSON object`,
    );
  return { card, uri: resource.uri, authentication: endpoint.authentication };
}

/** The JSON-RPC address: `url` of version 0.3, or the JSON-RPC entry of the interfaces of later cards. */
function cardUrl(card: JsonObject, cardUri: string): URL {
  const interfaces = [getKey(card, "additionalInterfaces"), getKey(card, "supportedInterfaces")].flatMap((list) =>
    isJsonArray(list) ? list : [],
  );
  const spoken = interfaces.filter(
    (entry) =>
      isJsonObject(entry) && [getKey(entry, "transport"), getKey(entry, "protocolBinding")].includes("JSONRPC"),
  );
  // The methods of the specification are those of A2A 0.3, which later agents may serve at an address of its own.
  const jsonRpc =
    spoken.find(
      (entry) => isJsonObject(entry) && JSON.stringify(getKey(entry, "protocolVersion") ?? null).startsWith('"0.'),
    ) ?? spoken[0];
  const preferred = getKey(card, "preferredTransport");
  const own = preferred === undefined || preferred === "JSONRPC" ? getKey(card, "url") : undefined;
  const found = own ?? (isJsonObject(jsonRpc) ? getKey(jsonRpc, "url") : undefined);
  if (typeof found !== "string")
    throw configurationFault(
      "Unusable agent card",
      `Cannot call the agent of "${cardUri}": its card names no JSON-RPC address`,
    );
  return httpUrl(
    /^https?:/iu.test(cardUri) && URL.canParse(found, cardUri) ? new URL(found, cardUri).href : found,
    "agentCard.url",
  );
}

/** The header of the card's API key scheme, where that is all it asks for. */
function apiKeyHeaderOf(card: JsonObject): string | undefined {
  const schemes = getKey(card, "securitySchemes");
  if (!isJsonObject(schemes)) return undefined;
  const [only, ...others] = Object.values(schemes);
  if (!isJsonObject(only) || others.length > 0 || getKey(only, "type") !== "apiKey" || getKey(only, "in") !== "header")
    return undefined;
  const name = getKey(only, "name");
  return typeof name === "string" ? name.toLowerCase() : undefined;
}
