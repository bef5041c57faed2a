import { type Json, getKey, isJsonObject } from "../../lib/json.ts";
import { getAtPointer, parentPointer } from "../../lib/json-pointer.ts";
import type { Rule } from "../rule.ts";

/** Credentials sent without encryption. */
export const credentialsInClear: Rule = {
  code: "OW2019",
  name: "credentials-in-clear",
  severity: "warning",
  summary: "Credentials are sent over plain HTTP.",
  explanation:
    "Anyone between here and the server can read what is sent to an `http://` address. Use `https://`. Addresses of the same machine are not told.",
  *find(context) {
    for (const { pointer, value } of context.texts("uri")) {
      if (!pointer.endsWith("/uri") || !/^http:\/\//iu.test(value) || isLocal(value)) continue;
      const endpoint = getAtPointer(context.document as unknown as Json, parentPointer(pointer));
      if (isJsonObject(endpoint) && getKey(endpoint, "authentication") !== undefined)
        yield { pointer, message: "Credentials are sent to this address without encryption", hint: "use https://" };
    }
  },
};

function isLocal(uri: string): boolean {
  return /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/?#]|$)/iu.test(uri);
}
