import { createHash } from "node:crypto";
import { SignJWT, createLocalJWKSet, jwtVerify, type JWK } from "jose";
import type { ServerResponse } from "node:http";
import { type HttpPeer, type Received, httpPeer, json } from "./http-peer.ts";

/** What an authorization server of a test knows and saw. */
export interface OAuthPeer extends HttpPeer {
  readonly tokens: string[];
  /** Parameters of each token request, as they arrived. */
  readonly requests: Record<string, unknown>[];
  /** Seconds a token lives; undefined leaves it out. */
  expiresIn: number | undefined;
  /** The `iss` of the tokens; undefined gives opaque ones. */
  tokenIssuer: string | undefined;
  issueRefreshTokens: boolean;
  refuseRefresh: boolean;
}

const SECRET = "client-secret-0123456789-0123456789";

/** An authorization server and a protected resource in one: all grants, all ways to authenticate a client, discovery, introspection and revocation. */
export async function oauthPeer(clientKey?: JWK): Promise<OAuthPeer> {
  const live = new Set<string>();
  const refresh = new Set<string>();
  const state = {
    expiresIn: 3600 as number | undefined,
    tokenIssuer: undefined as string | undefined,
    issueRefreshTokens: false,
    refuseRefresh: false,
  };
  const requests: Record<string, unknown>[] = [];
  const tokens: string[] = [];

  async function authenticated(
    request: Received,
    parameters: Record<string, unknown>,
    audience: string,
  ): Promise<boolean> {
    const basic = /^Basic (.+)$/u.exec(request.headers.authorization ?? "")?.[1];
    if (basic !== undefined) return Buffer.from(basic, "base64").toString() === `the%3Aclient:${SECRET}`;
    if (typeof parameters["client_assertion"] === "string") {
      const assertion = parameters["client_assertion"];
      const options = { audience, issuer: "jwt-client", subject: "jwt-client" };
      try {
        if (parameters["client_id"] === "jwt-client" && clientKey !== undefined) {
          await jwtVerify(assertion, createLocalJWKSet({ keys: [clientKey] }), options);
          return true;
        }
      } catch {
        // Perhaps signed with the shared secret.
      }
      try {
        await jwtVerify(assertion, Buffer.from(SECRET), options);
        return true;
      } catch {
        return assertion === "ready-made-assertion";
      }
    }
    return parameters["client_secret"] === SECRET || parameters["client_id"] === "public";
  }

  async function token(request: Received, response: ServerResponse): Promise<void> {
    const encoded = request.headers["content-type"]?.startsWith("application/json") === true;
    const parameters: Record<string, unknown> = encoded ? (JSON.parse(request.body) as Record<string, unknown>) : {};
    if (!encoded) {
      const form = new URLSearchParams(request.body);
      for (const name of new Set(form.keys()))
        parameters[name] = form.getAll(name).length > 1 ? form.getAll(name) : form.get(name);
    }
    requests.push(parameters);
    if (!(await authenticated(request, parameters, `${peer.origin}${request.url}`)))
      return json(response, { error: "invalid_client", error_description: "who are you" }, 401);
    const grant = parameters["grant_type"];
    if (grant === "password" && parameters["password"] !== "pass-0123456789")
      return json(response, { error: "invalid_grant" }, 400);
    if (
      grant === "refresh_token" &&
      (state.refuseRefresh ||
        !(refresh.has(String(parameters["refresh_token"])) || parameters["refresh_token"] === "first-refresh"))
    ) {
      return json(response, { error: "invalid_grant" }, 400);
    }
    if (grant === "authorization_code" && parameters["code"] !== "the-code")
      return json(response, { error: "invalid_grant" }, 400);
    const claims = { n: tokens.length };
    const value =
      state.tokenIssuer === undefined
        ? `opaque-token-${createHash("sha256").update(String(tokens.length)).digest("hex").slice(0, 20)}`
        : await new SignJWT(claims)
            .setProtectedHeader({ alg: "HS256" })
            .setIssuer(state.tokenIssuer)
            .sign(Buffer.from(SECRET));
    tokens.push(value);
    live.add(value);
    const refreshToken = `refresh-token-${tokens.length}-0123456789`;
    refresh.add(refreshToken);
    return json(response, {
      access_token: value,
      token_type: "bearer",
      ...(state.expiresIn === undefined ? {} : { expires_in: state.expiresIn }),
      ...(state.issueRefreshTokens ? { refresh_token: refreshToken } : {}),
    });
  }

  const peer = await httpPeer(async (request, response) => {
    switch (request.url) {
      case "/realm/oauth2/token":
      case "/realm/custom/token":
      case "/token":
        return token(request, response);
      case "/realm/.well-known/openid-configuration":
        return json(response, {
          issuer: `${peer.origin}/realm`,
          token_endpoint: `${peer.origin}/token`,
          introspection_endpoint: `${peer.origin}/introspect`,
        });
      case "/impostor/.well-known/openid-configuration":
        return json(response, { issuer: "https://elsewhere.example", token_endpoint: `${peer.origin}/token` });
      case "/realm/oauth2/introspect":
      case "/introspect": {
        const given = new URLSearchParams(request.body).get("token") ?? "";
        return json(response, { active: live.has(given), iss: "https://introspected.example" });
      }
      case "/realm/oauth2/revoke":
      case "/realm/custom/revoke":
        live.delete(new URLSearchParams(request.body).get("token") ?? "");
        return json(response, {});
      case "/api": {
        const given = /^Bearer (.+)$/u.exec(request.headers.authorization ?? "")?.[1] ?? "";
        return live.has(given)
          ? json(response, { welcome: true, authorization: request.headers.authorization })
          : json(response, { error: "invalid_token" }, 401);
      }
      case "/expire":
        live.clear();
        return json(response, {});
      default:
        return json(response, {}, 404);
    }
  });
  return Object.assign(state, peer, { tokens, requests });
}

/** The secret of the confidential clients of `oauthPeer`. */
export const oauthClientSecret = SECRET;
