import { type Json, type JsonObject, getKey, isJsonObject } from "@stigmer/core/lib/json.ts";
import { authorizationAt } from "@stigmer/core/lib/secret-marker.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activity.ts";
import type { CallContext } from "../call-context.ts";
import { AuthorizationNeeded } from "../secret-scope.ts";
import type { Credentials } from "./credentials.ts";

/** A request that goes nowhere: what a policy adds to it is what it adds to any. */
const PROBE = { method: "GET", url: new URL("http://localhost/"), headers: {} };

/**
 * A call's arguments with secrets in place of their markers, `$authorization.parameter` among them (specification, section Authorization Descriptor): its policy is asked for credentials only where the
 * arguments use it. Faults are those of getting a token; a parameter that was kept from another call is an authorization fault.
 */
export async function authorizedInput(
  input: JsonObject,
  call: CallContext,
  credentialsOf: (policy: Json | undefined, call: CallContext) => Credentials | undefined,
): Promise<JsonObject> {
  for (;;) {
    try {
      return call.secrets.reveal(input) as JsonObject;
    } catch (error) {
      if (!(error instanceof AuthorizationNeeded)) throw error;
      call.secrets.supply(error.path, await parameter(error.path, input, call, credentialsOf));
    }
  }
}

async function parameter(
  path: readonly string[],
  input: JsonObject,
  call: CallContext,
  credentialsOf: (policy: Json | undefined, call: CallContext) => Credentials | undefined,
): Promise<string> {
  const place = authorizationAt(path);
  let policy: Json | undefined = place?.pointer === call.task.pointer ? input : undefined;
  for (const key of place?.policy ?? []) policy = isJsonObject(policy) ? getKey(policy, key) : undefined;
  const credentials = credentialsOf(policy === undefined ? undefined : call.secrets.reveal(policy), call);
  const header = (await credentials?.authorize(PROBE))?.headers["authorization"];
  if (header === undefined) throw notOfThisCall();
  return header.slice(header.indexOf(" ") + 1);
}

function notOfThisCall(): ActivityFault {
  return new ActivityFault(
    standardFault(
      "authorization",
      "Authorization not available",
      "Cannot use the parameter of an authorization: it is that of another call, it should be read from $authorization in the arguments of the call that has the policy",
    ),
  );
}
