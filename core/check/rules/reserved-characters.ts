import { type Json, isJsonArray, isJsonObject } from "../../lib/json.ts";
import { childPointer } from "../../lib/json-pointer.ts";
import { hasSecretMarker } from "../../lib/secret-marker.ts";
import type { Rule, RuleFinding } from "../rule.ts";

/** No text of a definition looks like the marker of a secret: the server would put a secret in its place. */
export const reservedCharacters: Rule = {
  code: "OW1132",
  name: "reserved-characters",
  severity: "error",
  summary: "A text with a character that marks secrets.",
  explanation:
    "The private-use characters U+E000 and U+E001 stand for secrets inside the server. A definition must not contain them.",
  *find({ document }) {
    yield* marked(document as unknown as Json, "");
  },
};

function* marked(value: Json, pointer: string): Iterable<RuleFinding> {
  if (typeof value === "string") {
    if (hasSecretMarker(value)) yield { pointer, message: "Cannot use this text: it holds U+E000, which is reserved" };
  } else if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) yield* marked(item, childPointer(pointer, index));
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (hasSecretMarker(key))
        yield {
          pointer: childPointer(pointer, key),
          at: "key",
          message: "Cannot use this key: it holds U+E000, which is reserved",
        };
      yield* marked(item, childPointer(pointer, key));
    }
  }
}
