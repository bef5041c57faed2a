import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { requireString } from "../activity-arguments.ts";
import { type Credentials, withHeader } from "./credentials.ts";

/** Bearer authentication (RFC 6750) with a token the policy names. */
export function bearerCredentials(properties: JsonObject): Credentials {
  const token = requireString(properties, "token").trim();
  return {
    authorize: async (request) => withHeader(request, "authorization", `Bearer ${token}`),
    challenged: async () => false,
    renew: async () => false,
    plain: async () => ({ kind: "token", token }),
  };
}
