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
  let last: string | undefined;
  const token = async (): Promise<AccessToken> => {
    const granted = await tokens.token(properties, scheme);
    call.secrets.redactor.addDerived(granted.value);
    last = granted.value;
    return granted;
  };
  const renew = async (): Promise<boolean> => {
    if (last !== undefined) tokens.reject(properties, scheme, last);
    refusals += 1;
    return refusals === 1;
  };
  return {
    async authorize(request) {
      const { scheme: type, value } = await token();
      return withHeader(request, "authorization", `${type} ${value}`);
    },
    challenged: renew,
    renew,
    plain: async () => ({ kind: "token", token: (await token()).value }),
  };
}
