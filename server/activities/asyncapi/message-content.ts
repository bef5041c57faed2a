import type { Json } from "@stigmer/core/lib/json.ts";
import { encodeBody } from "../http/request-body.ts";
import { decodeContentLeniently } from "../http/response-content.ts";

/** A payload as bytes, by the content type of its message. */
export function encodePayload(payload: Json, contentType: string): Buffer {
  const content = encodeBody(payload, contentType)?.content ?? "";
  return typeof content === "string" ? Buffer.from(content) : Buffer.from(content);
}

/** The payload of bytes; what is not what its type says is given as text, since a message that cannot be read must not stop those behind it. */
export function decodePayload(bytes: Uint8Array, contentType: string): Json {
  return decodeContentLeniently(Buffer.from(bytes), contentType);
}
