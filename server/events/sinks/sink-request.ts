import { type Json, type JsonObject, getKey } from "@stigmer/core/lib/json.ts";

/** One event as it goes on the wire. */
export interface SinkRequest {
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

const PAYLOAD = new Set(["data", "data_base64", "datacontenttype"]);

/** A CloudEvent in a content mode of the CloudEvents HTTP binding 1.0. */
export function sinkRequest(event: JsonObject, mode: "structured" | "binary"): SinkRequest {
  if (mode === "structured")
    return { headers: { "content-type": "application/cloudevents+json; charset=utf-8" }, body: JSON.stringify(event) };
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(event))
    if (!PAYLOAD.has(name) && value !== null) headers[`ce-${name}`] = headerValue(value);
  const { contentType, body } = payloadOf(event);
  if (contentType !== undefined) headers["content-type"] = contentType;
  return { headers, body };
}

function payloadOf(event: JsonObject): {
  readonly contentType: string | undefined;
  readonly body: string | Uint8Array;
} {
  const given = getKey(event, "datacontenttype");
  const contentType = typeof given === "string" ? given : undefined;
  const binary = getKey(event, "data_base64");
  if (typeof binary === "string") return { contentType, body: new Uint8Array(Buffer.from(binary, "base64")) };
  const data = getKey(event, "data");
  if (data === undefined) return { contentType, body: "" };
  const isJson = contentType === undefined || /^[^;]*[/+]json\s*(?:;|$)/iu.test(contentType);
  return typeof data === "string" && !isJson
    ? { contentType, body: data }
    : { contentType: contentType ?? "application/json", body: JSON.stringify(data) };
}

/** As the binding has it: everything but printable ASCII, and blanks, quotes and percent signs, as percent-encoded UTF-8. */
function headerValue(value: Json): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text
    .toWellFormed()
    .replaceAll(/[^!#$&-~]/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
    );
}
