import { randomUUID } from "node:crypto";
import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject } from "@stigmer/core/lib/json.ts";
import { invalidArgument, scalarText } from "../activity-arguments.ts";
import { FORM_TYPE, MULTIPART_TYPE, isJsonType, isTextType, parseMediaType } from "./media-type.ts";

/** A body ready to be sent, and the Content-Type it needs. */
export interface EncodedBody {
  readonly content: string | Uint8Array;
  readonly contentType: string;
}

/**
 * Serialises a request body by its media type. Without one, objects, arrays, numbers and booleans are JSON and a text is sent as it is. `null` is no body. Under a JSON type a text that already
 * is a JSON object or array is not encoded twice. Binary types carry base64, as they do in responses.
 */
export function encodeBody(body: Json | undefined, contentType: string | undefined): EncodedBody | undefined {
  if (body === undefined || body === null) return undefined;
  if (contentType === undefined) {
    return typeof body === "string"
      ? { content: body, contentType: "text/plain; charset=utf-8" }
      : { content: JSON.stringify(body), contentType: "application/json" };
  }
  const type = parseMediaType(contentType);
  if (isJsonType(type)) return { content: jsonText(body), contentType };
  if (type.essence === FORM_TYPE) return { content: formText(body), contentType };
  if (type.essence === MULTIPART_TYPE) return multipart(body, contentType);
  if (isTextType(type) || typeof body !== "string") return { content: scalarText(body), contentType };
  return { content: binary(body, type.essence), contentType };
}

function jsonText(body: Json): string {
  return typeof body === "string" && /^\s*[[{]/u.test(body) && isJsonText(body) ? body : JSON.stringify(body);
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function formText(body: Json): string {
  if (typeof body === "string") return body;
  if (!isJsonObject(body)) throw invalidArgument("body", body, "an object of form fields");
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) {
    for (const item of isJsonArray(value) ? value : [value]) if (item !== null) form.append(name, scalarText(item));
  }
  return form.toString();
}

/** A field is a scalar, an object `{ content, filename?, contentType?, encoding? }` for a file, any other object as JSON, or an array of these. */
function multipart(body: Json, contentType: string): EncodedBody {
  if (!isJsonObject(body)) throw invalidArgument("body", body, "an object of form fields");
  const boundary = /boundary="?([^";]+)/iu.exec(contentType)?.[1] ?? `stigmer-${randomUUID()}`;
  const parts: Uint8Array[] = [];
  for (const [name, value] of Object.entries(body)) {
    for (const item of isJsonArray(value) ? value : [value]) if (item !== null) parts.push(part(boundary, name, item));
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  const type = /boundary=/iu.test(contentType) ? contentType : `${MULTIPART_TYPE}; boundary=${boundary}`;
  return { content: Buffer.concat(parts), contentType: type };
}

function part(boundary: string, name: string, value: Json): Uint8Array {
  const quoted = (text: string): string => text.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const file = isJsonObject(value) && getKey(value, "content") !== undefined ? value : undefined;
  const filename = file === undefined ? undefined : getKey(file, "filename");
  const partType =
    file === undefined ? (typeof value === "object" ? "application/json" : undefined) : getKey(file, "contentType");
  const head = [
    `--${boundary}`,
    `content-disposition: form-data; name="${quoted(name)}"${typeof filename === "string" ? `; filename="${quoted(filename)}"` : ""}`,
    ...(typeof partType === "string" ? [`content-type: ${partType.replaceAll(/[\r\n]/gu, " ")}`] : []),
  ];
  const content = file === undefined ? Buffer.from(scalarText(value)) : fileContent(file);
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), content, Buffer.from("\r\n")]);
}

function fileContent(file: JsonObject): Uint8Array {
  const content = scalarText(getKey(file, "content") ?? "");
  return getKey(file, "encoding") === "base64" ? binary(content, "base64") : Buffer.from(content);
}

function binary(text: string, type: string): Uint8Array {
  const compact = text.replaceAll(/\s/gu, "");
  if (!/^[\w+/-]*={0,2}$/u.test(compact) || compact.replaceAll("=", "").length % 4 === 1) {
    throw invalidArgument("body", text, `base64 text, which is how JSON carries ${type}`);
  }
  return Buffer.from(compact, "base64");
}
