import { type Json, isJsonArray, isJsonObject } from "./json.ts";

/** The one text of a JSON value: keys sorted by UTF-16 units, no white space (RFC 8785), so that equal values have equal digests. */
export function canonicalJson(value: Json): string {
  if (isJsonArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Json)}`);
  return `{${members.join(",")}}`;
}
