import type { AuthenticationPolicy, AuthenticationReference } from "../dsl/model.ts";
import { compileExpression } from "../expr/expression.ts";
import { type Json, type JsonObject, getKey, isJsonObject } from "../lib/json.ts";
import { hasSecretMarker, secretMarker } from "../lib/secret-marker.ts";
import type { Evaluation, Evaluator } from "./evaluator.ts";
import type { Scope } from "./scope.ts";

const schemes = ["basic", "bearer", "digest", "oauth2", "oidc"] as const;

type Scheme = (typeof schemes)[number];

/** An authentication policy, compiled: its scheme, and its properties or the secret that has them. */
export interface AuthenticationSource {
  readonly scheme: Scheme;
  readonly properties: Evaluator;
  readonly secret?: string;
}

/** Compiles a policy in place or by its name in `use.authentications`. */
export function compileAuthentication(reference: AuthenticationReference, scope: Scope): AuthenticationSource {
  if ("use" in reference && typeof reference.use === "string") {
    return compileAuthentication(scope.reusable("authentications", reference.use, "use"), scope);
  }
  const policy = reference as AuthenticationPolicy;
  const scheme = schemes.find((candidate) => policy[candidate] !== undefined);
  if (scheme === undefined)
    throw scope.error(`Cannot authenticate: the policy has no scheme, it should have one of ${schemes.join(", ")}`);
  const properties = policy[scheme] as unknown as JsonObject;
  const use = getKey(properties, "use");
  const secret = typeof use === "string" ? scope.declared(use, scheme, "use") : undefined;
  return { scheme, properties: scope.template(properties, scheme), ...(secret === undefined ? {} : { secret }) };
}

/** The policy as activities take it: `{ <scheme>: properties }`, or `{ <scheme>: { use: secret } }` whose properties only the host knows. */
export function evaluateAuthentication(source: AuthenticationSource, run: Evaluation): JsonObject {
  if (source.secret !== undefined) run.requireSecret(source.secret);
  return { [source.scheme]: run.value(source.properties) };
}

const basicParameter = compileExpression(String.raw`"\(.username):\(.password)" | @base64`, { variables: [] });

/**
 * `$authorization` of an evaluated policy (specification, section Authorization Descriptor). Where only the host can know the parameter (a token of OAuth2 or OpenID Connect, basic credentials made of
 * secrets) it is `marker`, which the host replaces in the arguments of this call. For digest it is null: each answer is made for a challenge that comes after the arguments.
 */
export function authorizationOf(policy: Json | undefined, marker: string): Json {
  if (!isJsonObject(policy)) return null;
  const [scheme, properties] = Object.entries(policy)[0] ?? [];
  if (!isJsonObject(properties)) return null;
  const secret = getKey(properties, "use");
  switch (scheme) {
    case "basic": {
      const known = secret === undefined && !hasSecretMarker(JSON.stringify(properties));
      return { scheme: "Basic", parameter: known ? basicParameter.value(properties, [], { nowMs: 0 }) : marker };
    }
    case "bearer":
      return {
        scheme: "Bearer",
        parameter: typeof secret === "string" ? secretMarker([secret, "token"]) : (properties["token"] ?? null),
      };
    case "digest":
      return { scheme: "Digest", parameter: null };
    default:
      return { scheme: "Bearer", parameter: marker };
  }
}
