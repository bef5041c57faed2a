import { type Json, type JsonObject, getKey } from "@stigmer/core/lib/json.ts";
import { configurationFault, optionalObject, optionalString, requireString, textList } from "../activity-arguments.ts";

/** The grants of the specification by the name RFC 6749 and RFC 8693 give them. */
export type Grant =
  | "authorization_code"
  | "client_credentials"
  | "password"
  | "refresh_token"
  | "urn:ietf:params:oauth:grant-type:token-exchange";

const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

const GRANTS: readonly Grant[] = [
  "authorization_code",
  "client_credentials",
  "password",
  "refresh_token",
  TOKEN_EXCHANGE,
];

/** Short names of token types that RFC 8693 section 3 registers; anything else is sent as the policy says it. */
const TOKEN_TYPES = new Set(["access_token", "refresh_token", "id_token", "saml1", "saml2", "jwt"]);

/** Reads the grant; released documentation also spells it with hyphens (`client-credentials`). */
export function grantOf(policy: JsonObject): Grant {
  const given = requireString(policy, "grant");
  const spelled = given.startsWith("urn:") ? given : given.replaceAll("-", "_");
  const grant = GRANTS.find((candidate) => candidate === (spelled === "token_exchange" ? TOKEN_EXCHANGE : spelled));
  if (grant === undefined) {
    throw configurationFault(
      "Unknown grant",
      `Cannot request a token by grant "${given}": it should be one of ${GRANTS.join(", ")}`,
    );
  }
  return grant;
}

/**
 * The fields of a token request without those of the client. The specification's model has no place for an authorization code or a refresh token: `subject.token` holds it, or, in a policy that
 * is a secret, `code` (with `redirectUri` and `codeVerifier`) and `refreshToken`.
 */
export function tokenRequestFields(
  policy: JsonObject,
  grant: Grant,
): readonly (readonly [name: string, value: string])[] {
  const fields: [string, string][] = [["grant_type", grant]];
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) fields.push([name, value]);
  };
  const subject = optionalObject(policy, "subject");
  switch (grant) {
    case "client_credentials":
      break;
    case "password":
      add("username", requireString(policy, "username"));
      add("password", optionalString(policy, "password") ?? "");
      break;
    case "authorization_code":
      add("code", optionalString(policy, "code") ?? requireString(subject, "token"));
      add("redirect_uri", optionalString(policy, "redirectUri"));
      add("code_verifier", optionalString(policy, "codeVerifier"));
      break;
    case "refresh_token":
      add("refresh_token", optionalString(policy, "refreshToken") ?? requireString(subject, "token"));
      break;
    case TOKEN_EXCHANGE: {
      const actor = optionalObject(policy, "actor");
      add("subject_token", requireString(subject, "token"));
      add("subject_token_type", tokenType(requireString(subject, "type")));
      add("actor_token", optionalString(actor, "token"));
      if (getKey(actor, "token") !== undefined) add("actor_token_type", tokenType(requireString(actor, "type")));
      break;
    }
  }
  const scopes = textList(policy, "scopes");
  if (scopes.length > 0) add("scope", scopes.join(" "));
  for (const audience of textList(policy, "audiences")) add("audience", audience);
  return fields;
}

/** The same fields as the request body of one of the two encodings; a repeated field is an array in JSON. */
export function encodeTokenRequest(
  fields: readonly (readonly [name: string, value: string])[],
  encoding: string,
): string {
  if (encoding !== "application/json")
    return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString();
  const body: Record<string, Json> = {};
  for (const [name, value] of fields) {
    const known = body[name];
    body[name] =
      known === undefined ? value : [...(Array.isArray(known) ? (known as readonly Json[]) : [known]), value];
  }
  return JSON.stringify(body);
}

function tokenType(type: string): string {
  return TOKEN_TYPES.has(type) ? `urn:ietf:params:oauth:token-type:${type}` : type;
}
