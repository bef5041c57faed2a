import { createHash } from "node:crypto";
import { decodeJwt } from "jose";
import { type Json, type JsonObject, getKey, isJsonObject } from "@stigmer/core/lib/json.ts";
import { canonicalJson } from "@stigmer/core/lib/canonical-json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activity.ts";
import { optionalObject, optionalString, textList, wordOr } from "../activity-arguments.ts";
import type { HttpClient, HttpReply } from "../http/http-client.ts";
import { FORM_TYPE } from "../http/media-type.ts";
import { decodeContentLeniently } from "../http/response-content.ts";
import { transportFault } from "../transport-fault.ts";
import { authenticateClient } from "./client-authentication.ts";
import { type AuthorityEndpoints, authorityEndpoints } from "./authority.ts";
import { encodeTokenRequest, grantOf, tokenRequestFields } from "./token-request.ts";

/** An access token and when it must no longer be used (epoch ms). */
export interface AccessToken {
  readonly value: string;
  readonly scheme: string;
  readonly refreshToken: string | undefined;
  readonly expiresAt: number;
}

/** Entries kept; the least recently used token goes first. */
const TOKENS_MAX = 1000;

/** Life of a token whose server says nothing about it, in milliseconds. */
const LIFETIME_UNKNOWN_MS = 60_000;

/** A token is renewed this long before it expires, or a tenth of its life before, whichever is less. */
const RENEWAL_MS = 30_000;

/** A token serves all calls that wait for it, so none of them stops its request; the HTTP client bounds its time. */
const UNSTOPPED = new AbortController().signal;

interface Entry {
  token: AccessToken;
  revoke: (() => Promise<void>) | undefined;
}

/**
 * Gets OAuth2 tokens and keeps them until they expire, for all calls with equal policies; equal requests at the same time become one. Entries are keyed by a digest, tokens live in memory only
 * and appear in no log and no fault.
 */
export class TokenService {
  readonly #client: HttpClient;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #pending = new Map<string, Promise<AccessToken>>();

  constructor(client: HttpClient, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  /** A valid token for a policy with its secrets in place. Throws authentication and communication faults. */
  async token(policy: JsonObject, scheme: "oauth2" | "oidc"): Promise<AccessToken> {
    const key = keyOf(policy, scheme);
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.token.expiresAt > this.#now()) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      return entry.token;
    }
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const fetched = this.#fetch(key, policy, scheme, entry?.token.refreshToken).finally(() =>
      this.#pending.delete(key),
    );
    this.#pending.set(key, fetched);
    return fetched;
  }

  /** Drops a token its audience refused; a newer one that took its place meanwhile stays. */
  reject(policy: JsonObject, scheme: "oauth2" | "oidc", token: string): void {
    const entry = this.#entries.get(keyOf(policy, scheme));
    if (entry?.token.value === token) entry.token = { ...entry.token, expiresAt: 0 };
  }

  /** Revokes the tokens of policies that name a revocation endpoint, as far as their servers answer. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.allSettled(entries.flatMap(({ revoke }) => (revoke === undefined ? [] : [revoke()])));
  }

  async #fetch(
    key: string,
    policy: JsonObject,
    scheme: "oauth2" | "oidc",
    refreshToken: string | undefined,
  ): Promise<AccessToken> {
    const endpoints = await authorityEndpoints(policy, scheme, this.#client, UNSTOPPED);
    const token =
      (await this.#refresh(policy, endpoints, refreshToken)) ??
      (await this.#request(policy, endpoints, policyFields(policy)));
    await this.#checkIssuer(policy, endpoints, token);
    const revocation = getKey(optionalObject(policy, "endpoints"), "revocation");
    const revoke = revocation === undefined ? undefined : () => this.#revoke(policy, endpoints, token);
    this.#entries.delete(key);
    this.#entries.set(key, { token, revoke });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= TOKENS_MAX) break;
      this.#entries.delete(oldest);
    }
    return token;
  }

  /** Renews with the refresh token of the token before; a server that no longer takes it is asked in the policy's own way. */
  async #refresh(
    policy: JsonObject,
    endpoints: AuthorityEndpoints,
    refreshToken: string | undefined,
  ): Promise<AccessToken | undefined> {
    if (refreshToken === undefined) return undefined;
    try {
      const fresh = await this.#request(policy, endpoints, [
        ["grant_type", "refresh_token"],
        ["refresh_token", refreshToken],
      ]);
      return { ...fresh, refreshToken: fresh.refreshToken ?? refreshToken };
    } catch (error) {
      if (error instanceof ActivityFault && error.fault.type === "authentication") return undefined;
      throw error;
    }
  }

  async #request(
    policy: JsonObject,
    endpoints: AuthorityEndpoints,
    fields: readonly (readonly [string, string])[],
  ): Promise<AccessToken> {
    const { value: body, reply } = await this.#post(policy, endpoints.token, fields);
    const accessToken = isJsonObject(body) ? optionalString(body, "access_token") : undefined;
    if (reply.statusCode < 200 || reply.statusCode > 299 || accessToken === undefined) {
      throw refused(endpoints.token, reply.statusCode, body);
    }
    const answer = body as JsonObject;
    const lifetimeMs = lifetimeOf(answer, accessToken, this.#now());
    const type = optionalString(answer, "token_type") ?? "Bearer";
    return {
      value: accessToken,
      scheme: type.toLowerCase() === "bearer" ? "Bearer" : type,
      refreshToken: optionalString(answer, "refresh_token"),
      expiresAt: this.#now() + lifetimeMs - Math.min(RENEWAL_MS, lifetimeMs / 10),
    };
  }

  async #post(
    policy: JsonObject,
    endpoint: URL,
    fields: readonly (readonly [string, string])[],
  ): Promise<{ value: Json; reply: HttpReply }> {
    const client = await authenticateClient(optionalObject(policy, "client"), endpoint.href, this.#now());
    const encoding = wordOr(optionalObject(policy, "request"), "encoding", [FORM_TYPE, "application/json"], FORM_TYPE);
    const body = encodeTokenRequest([...fields, ...Object.entries(client.fields)], encoding);
    const headers = {
      accept: "application/json",
      "content-type": encoding,
      "user-agent": "stigmer",
      ...client.headers,
    };
    try {
      const reply = await this.#client.send({ method: "POST", url: endpoint, headers, body }, UNSTOPPED);
      return { value: decodeContentLeniently(reply.body, reply.headers["content-type"]), reply };
    } catch (error) {
      const fault = transportFault(error, endpoint.host);
      throw fault === undefined ? error : new ActivityFault(fault);
    }
  }

  /** `issuers`: the issuer of a JWT is in it; of an opaque token, introspection says it (RFC 7662). */
  async #checkIssuer(policy: JsonObject, endpoints: AuthorityEndpoints, token: AccessToken): Promise<void> {
    const issuers = textList(policy, "issuers");
    if (issuers.length === 0) return;
    const issuer =
      jwtClaim(token.value, "iss") ?? (await this.#introspectedIssuer(policy, endpoints, token)) ?? endpoints.issuer;
    if (typeof issuer === "string" && issuers.includes(issuer)) return;
    throw new ActivityFault(
      standardFault(
        "authentication",
        "Untrusted token issuer",
        `Cannot use the token from "${endpoints.token.host}": its issuer is ${typeof issuer === "string" ? `"${issuer}"` : "unknown"}, it should be one of ${issuers.join(", ")}`,
      ),
    );
  }

  async #introspectedIssuer(
    policy: JsonObject,
    endpoints: AuthorityEndpoints,
    token: AccessToken,
  ): Promise<Json | undefined> {
    const { value, reply } = await this.#post(policy, endpoints.introspection, [["token", token.value]]);
    if (reply.statusCode !== 200 || !isJsonObject(value) || getKey(value, "active") !== true) return undefined;
    return getKey(value, "iss");
  }

  async #revoke(policy: JsonObject, endpoints: AuthorityEndpoints, token: AccessToken): Promise<void> {
    await this.#post(policy, endpoints.revocation, [["token", token.refreshToken ?? token.value]]);
  }
}

function policyFields(policy: JsonObject): readonly (readonly [string, string])[] {
  return tokenRequestFields(policy, grantOf(policy));
}

function keyOf(policy: JsonObject, scheme: string): string {
  return createHash("sha256").update(scheme).update(canonicalJson(policy)).digest("base64");
}

function refused(endpoint: URL, statusCode: number, body: Json): ActivityFault {
  const error = isJsonObject(body) ? optionalScalar(getKey(body, "error")) : undefined;
  const description = isJsonObject(body) ? optionalScalar(getKey(body, "error_description")) : undefined;
  const why =
    statusCode >= 200 && statusCode < 300
      ? "its answer has no access_token"
      : `it answered ${statusCode}${error === undefined ? "" : ` ${error}`}`;
  return new ActivityFault(
    standardFault(
      "authentication",
      "Token refused",
      `Cannot get a token from "${endpoint.origin}${endpoint.pathname}": ${why}`,
      {
        data: {
          status: statusCode,
          ...(error === undefined ? {} : { error }),
          ...(description === undefined ? {} : { error_description: description }),
        },
      },
    ),
  );
}

function optionalScalar(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function lifetimeOf(answer: JsonObject, token: string, nowMs: number): number {
  const expiresIn = Number(getKey(answer, "expires_in") ?? Number.NaN);
  if (Number.isFinite(expiresIn) && expiresIn >= 0) return expiresIn * 1000;
  const expiry = jwtClaim(token, "exp");
  return typeof expiry === "number" ? Math.max(0, expiry * 1000 - nowMs) : LIFETIME_UNKNOWN_MS;
}

function jwtClaim(token: string, claim: "iss" | "exp"): string | number | undefined {
  try {
    return decodeJwt(token)[claim];
  } catch {
    // Not a JWT: an opaque token is as good, it just says nothing about itself.
    return undefined;
  }
}
