import { type JsonObject, isJsonObject } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activity.ts";
import { httpUrl, optionalObject, optionalString, requireString } from "../activity-arguments.ts";
import type { HttpClient, HttpReply } from "../http/http-client.ts";
import { decodeContentLeniently } from "../http/response-content.ts";
import { transportFault } from "../transport-fault.ts";

/** Where an authority answers what. */
export interface AuthorityEndpoints {
  readonly token: URL;
  readonly introspection: URL;
  readonly revocation: URL;
  /** What the authority's own metadata says it is; unknown without discovery. */
  readonly issuer: string | undefined;
}

const WELL_KNOWN = "/.well-known/";

/**
 * The endpoints of an authority. `oidc`, and any authority that is itself a well-known address, is discovered (OpenID Connect Discovery, RFC 8414); `oauth2` has the policy's `endpoints`,
 * which follow the authority's path unless they are absolute.
 */
export async function authorityEndpoints(
  policy: JsonObject,
  scheme: "oauth2" | "oidc",
  client: HttpClient,
  signal: AbortSignal,
): Promise<AuthorityEndpoints> {
  const authority = httpUrl(requireString(policy, "authority"), "authority");
  const given = optionalObject(policy, "endpoints");
  if (scheme === "oidc" || authority.pathname.includes(WELL_KNOWN)) return discover(authority, client, signal);
  const endpoint = (name: string, path: string): URL => {
    const text = optionalString(given, name) ?? path;
    if (/^https?:\/\//iu.test(text)) return httpUrl(text, `endpoints.${name}`);
    return httpUrl(`${authority.href.replace(/\/+$/u, "")}/${text.replace(/^\/+/u, "")}`, `endpoints.${name}`);
  };
  return {
    token: endpoint("token", "/oauth2/token"),
    introspection: endpoint("introspection", "/oauth2/introspect"),
    revocation: endpoint("revocation", "/oauth2/revoke"),
    issuer: undefined,
  };
}

async function discover(authority: URL, client: HttpClient, signal: AbortSignal): Promise<AuthorityEndpoints> {
  const base = authority.href.replace(/\/+$/u, "");
  const url = authority.pathname.includes(WELL_KNOWN) ? authority : new URL(`${base}${WELL_KNOWN}openid-configuration`);
  let reply: HttpReply;
  try {
    reply = await client.send(
      { method: "GET", url, headers: { accept: "application/json", "user-agent": "stigmer" } },
      signal,
    );
  } catch (error) {
    const fault = transportFault(error, url.host);
    throw fault === undefined ? error : new ActivityFault(fault);
  }
  const document = decodeContentLeniently(reply.body, reply.headers["content-type"] ?? "application/json");
  if (reply.statusCode !== 200 || !isJsonObject(document))
    throw undiscovered(url, `it answered ${reply.statusCode} without a metadata document`);
  const issuer = optionalString(document, "issuer");
  // A document that names another issuer may come from somebody else (OpenID Connect Discovery section 4.3).
  const expected = url.href.split(WELL_KNOWN)[0];
  if (issuer !== undefined && issuer.replace(/\/+$/u, "") !== expected && !url.pathname.startsWith(WELL_KNOWN)) {
    throw undiscovered(url, `its issuer is "${issuer}", it should be "${expected}"`);
  }
  const endpoint = (name: string): URL => {
    const text = optionalString(document, name);
    return text === undefined ? new URL(url) : httpUrl(text, name);
  };
  if (optionalString(document, "token_endpoint") === undefined) throw undiscovered(url, "it names no token_endpoint");
  return {
    token: endpoint("token_endpoint"),
    introspection: endpoint("introspection_endpoint"),
    revocation: endpoint("revocation_endpoint"),
    issuer,
  };
}

function undiscovered(url: URL, problem: string): ActivityFault {
  return new ActivityFault(
    standardFault(
      "authentication",
      "Authority not usable",
      `Cannot discover the endpoints of "${url.origin}${url.pathname}": ${problem}`,
    ),
  );
}
