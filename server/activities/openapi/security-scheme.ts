import { type JsonObject, getKey, isJsonObject } from "@stigmer/core/lib/json.ts";
import type { Credentials } from "../auth/credentials.ts";
import { arrayAt, objectAt, resolve, textAt, type OpenApiDocument, type OpenApiOperation } from "./openapi-document.ts";

/** An API key's place. */
interface ApiKeyPlace {
  readonly place: "header" | "query" | "cookie";
  readonly name: string;
}

/**
 * Fits given credentials to what an operation asks for. Where it asks for an API key only, the token (or the password) of the policy goes to the key's place; everything else is what the policy
 * does anyway.
 */
export function fitCredentials(
  document: OpenApiDocument,
  { operation }: OpenApiOperation,
  credentials: Credentials | undefined,
): Credentials | undefined {
  const key = credentials === undefined ? undefined : apiKeyPlace(document, operation);
  if (credentials === undefined || key === undefined) return credentials;
  return {
    ...credentials,
    async authorize(request) {
      const plain = await credentials.plain();
      if (plain === undefined) return credentials.authorize(request);
      const value = plain.kind === "token" ? plain.token : plain.password;
      if (key.place === "query") {
        const url = new URL(request.url);
        url.searchParams.set(key.name, value);
        return { ...request, url };
      }
      const headers = Object.assign(Object.create(null) as Record<string, string>, request.headers);
      const cookie = `${key.name}=${encodeURIComponent(value)}`;
      if (key.place === "header") headers[key.name.toLowerCase()] = value;
      else headers["cookie"] = headers["cookie"] === undefined ? cookie : `${headers["cookie"]}; ${cookie}`;
      return { ...request, headers };
    },
  };
}

function apiKeyPlace(document: OpenApiDocument, operation: JsonObject): ApiKeyPlace | undefined {
  const schemes =
    document.dialect === "2.0"
      ? objectAt(document.root, "securityDefinitions")
      : objectAt(objectAt(document.root, "components"), "securitySchemes");
  const required =
    getKey(operation, "security") === undefined ? arrayAt(document.root, "security") : arrayAt(operation, "security");
  const alternatives = required
    .filter(isJsonObject)
    .map((requirement) => Object.keys(requirement).map((name) => resolve(document, getKey(schemes, name))));
  // An alternative that the Authorization header satisfies needs no fitting.
  if (alternatives.some((parts) => parts.length > 0 && parts.every((scheme) => textAt(scheme, "type") !== "apiKey")))
    return undefined;
  const scheme = alternatives.find((parts) => parts.length === 1)?.[0];
  const place = scheme === undefined ? undefined : textAt(scheme, "in");
  const name = scheme === undefined ? undefined : textAt(scheme, "name");
  if (name === undefined || (place !== "header" && place !== "query" && place !== "cookie")) return undefined;
  return { place, name };
}
