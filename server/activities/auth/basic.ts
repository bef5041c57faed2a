import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { requireString, optionalString } from "../activity-arguments.ts";
import type { CallContext } from "../call-context.ts";
import { type Credentials, withHeader } from "./credentials.ts";

/** Basic authentication (RFC 7617), in UTF-8. */
export function basicCredentials(properties: JsonObject, call: CallContext): Credentials {
  const username = requireString(properties, "username");
  const password = optionalString(properties, "password") ?? "";
  const encoded = Buffer.from(`${username}:${password}`).toString("base64");
  call.secrets.redactor.addDerived(encoded);
  return {
    authorize: async (request) => withHeader(request, "authorization", `Basic ${encoded}`),
    challenged: async () => false,
    renew: async () => false,
    plain: async () => ({ kind: "password", username, password }),
  };
}
