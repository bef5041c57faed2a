import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { CallContext } from "../call-context.ts";
import { type Credentials, withHeader } from "./credentials.ts";
import type { AccessToken, TokenService } from "./token-service.ts";

/** OAuth2 and OpenID Connect authentication: a token of the policy's authority as a bearer token. A token that is refused with 401 is replaced once. */
export function oauth2Credentials(
  properties: JsonObject,
  scheme: "oauth2" | "oidc",
  call: CallContext,
  tokens: TokenService,
): Credentials {
  let refusals = 0;
  const token = async (): Promise<AccessToken> => {
    const granted = await tokens.token(properties, scheme);
    call.secrets.redactor.addDerived(granted.value);
    return granted;
  };
  return {
    async authorize(request) {
      const { scheme: type, value } = await token();
      return withHeader(request, "authorization", `${type} ${value}`);
    },
    async challenged(request) {
      const used = request.headers["authorization"]?.split(" ")[1];
      if (used !== undefined) tokens.reject(properties, scheme, used);
      refusals += 1;
      return refusals === 1;
    },
    plain: async () => ({ kind: "token", token: (await token()).value }),
  };
}
