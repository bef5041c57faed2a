import { type JsonWebKeyInput, type KeyObject, createPrivateKey, createSecretKey, randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import { type JsonObject } from "@stigmer/core/lib/json.ts";
import { configurationFault, optionalString, wordOr } from "../activity-arguments.ts";

/** What client authentication adds to a token request: form fields, and for `client_secret_basic` a header. */
export interface ClientAuthentication {
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

const METHODS = ["client_secret_post", "client_secret_basic", "client_secret_jwt", "private_key_jwt", "none"] as const;

/** How long a client assertion is good for, in seconds; it is used at once. */
const ASSERTION_LIFETIME_S = 60;

/**
 * Authenticates an OAuth2 client at a token endpoint in one of the five ways of OpenID Connect Core section 9. For the two JWT ways, `assertion` is sent as it is where the policy has one; else
 * `secret` signs: the shared secret, or a private key as PKCS#8 PEM or JWK text.
 */
export async function authenticateClient(
  client: JsonObject,
  audience: string,
  nowMs: number,
): Promise<ClientAuthentication> {
  const id = optionalString(client, "id");
  const secret = optionalString(client, "secret");
  const method = wordOr(client, "authentication", METHODS, "client_secret_post");
  const idField: Record<string, string> = id === undefined ? {} : { client_id: id };
  switch (method) {
    case "none":
      return { fields: idField, headers: {} };
    case "client_secret_post":
      return { fields: { ...idField, ...(secret === undefined ? {} : { client_secret: secret }) }, headers: {} };
    case "client_secret_basic": {
      // RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
      const form = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);
      const pair = `${form(needed(id, "id", method))}:${form(needed(secret, "secret", method))}`;
      return { fields: {}, headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
    }
    case "client_secret_jwt":
    case "private_key_jwt": {
      const assertion =
        optionalString(client, "assertion") ??
        (await sign(needed(id, "id", method), needed(secret, "secret", method), method, audience, nowMs));
      return {
        fields: {
          ...idField,
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: assertion,
        },
        headers: {},
      };
    }
  }
}

async function sign(
  id: string,
  secret: string,
  method: "client_secret_jwt" | "private_key_jwt",
  audience: string,
  nowMs: number,
): Promise<string> {
  const key = method === "client_secret_jwt" ? createSecretKey(Buffer.from(secret)) : privateKey(secret);
  const issuedAt = Math.floor(nowMs / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: algorithmOf(key), typ: "JWT" })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ASSERTION_LIFETIME_S)
    .sign(key);
}

function privateKey(text: string): KeyObject {
  try {
    return text.trimStart().startsWith("{")
      ? createPrivateKey({ key: JSON.parse(text) as JsonWebKeyInput["key"], format: "jwk" })
      : createPrivateKey(text);
  } catch {
    throw configurationFault(
      "Unusable private key",
      "Cannot sign a client assertion: client.secret is no private key, it should be PKCS#8 PEM or JWK text",
    );
  }
}

/** JWT algorithms of private keys by type, those of elliptic curves by curve (RFC 7518, RFC 8037). */
const ALGORITHMS: ReadonlyMap<string | undefined, string> = new Map([
  ["rsa", "RS256"],
  ["rsa-pss", "PS256"],
  ["ed25519", "EdDSA"],
  ["prime256v1", "ES256"],
  ["secp384r1", "ES384"],
  ["secp521r1", "ES512"],
]);

function algorithmOf(key: KeyObject): string {
  if (key.type === "secret") return "HS256";
  const type = key.asymmetricKeyType;
  const algorithm = ALGORITHMS.get(type === "ec" ? key.asymmetricKeyDetails?.namedCurve : type);
  if (algorithm !== undefined) return algorithm;
  throw configurationFault(
    "Unusable private key",
    `Cannot sign a client assertion: keys of type ${type ?? "unknown"} have no JWT algorithm`,
  );
}

function needed(value: string | undefined, name: string, method: string): string {
  if (value === undefined || value === "") {
    throw configurationFault(
      "Incomplete authentication",
      `Cannot authenticate the client by ${method}: client.${name} is missing`,
    );
  }
  return value;
}
