import { type Json, getKey, isJsonObject } from "@stigmer/core/lib/json.ts";
import { configurationFault } from "../activity-arguments.ts";
import type { CallContext } from "../call-context.ts";
import { basicCredentials } from "./basic.ts";
import { bearerCredentials } from "./bearer.ts";
import type { Credentials } from "./credentials.ts";
import { digestCredentials } from "./digest.ts";
import { oauth2Credentials } from "./oauth2.ts";
import type { TokenService } from "./token-service.ts";

/** The policies of the specification, section Authentication. */
const POLICIES = ["basic", "bearer", "digest", "oauth2", "oidc"] as const;

/** The credentials of a policy whose `use` was resolved; a secret-based one (`{ use: "<secret>" }`) takes the properties of its secret. */
export function credentialsOf(
  policy: Json | undefined,
  call: CallContext,
  tokens: TokenService,
): Credentials | undefined {
  if (policy === undefined || policy === null) return undefined;
  const scheme = isJsonObject(policy) ? POLICIES.find((name) => getKey(policy, name) !== undefined) : undefined;
  const given = scheme === undefined ? undefined : getKey(policy as { readonly [key: string]: Json }, scheme);
  if (scheme === undefined || !isJsonObject(given)) {
    throw configurationFault(
      "Unusable authentication",
      `Cannot authenticate: the policy should have one of ${POLICIES.join(", ")} with an object`,
    );
  }
  const properties = call.secrets.policyProperties(given);
  switch (scheme) {
    case "basic":
      return basicCredentials(properties, call);
    case "bearer":
      return bearerCredentials(properties);
    case "digest":
      return digestCredentials(properties);
    case "oauth2":
    case "oidc":
      return oauth2Credentials(properties, scheme, call, tokens);
  }
}
