import { type Json, setKey } from "@stigmer/core/lib/json.ts";
import { unreadable } from "./http-client.ts";
import { FORM_TYPE, isJsonType, isTextType, parseMediaType } from "./media-type.ts";

/**
 * A response body as data, by its media type: JSON parsed, forms as objects, text as text, anything else as base64 text; nothing is null. A body without a type is JSON if it parses, else
 * text. Throws a communication fault for a body that is not what its type says.
 */
export function decodeContent(body: Buffer, contentType: string | undefined): Json {
  if (body.length === 0) return null;
  const type = parseMediaType(contentType);
  if (isJsonType(type)) return parseJson(decodeText(body, type.charset));
  if (type.essence === FORM_TYPE) return parseForm(decodeText(body, type.charset));
  if (isTextType(type)) return decodeText(body, type.charset);
  if (type.essence === "") return untyped(body);
  return body.toString("base64");
}

/** The same, but content that is not what its type says is given as text: for the body of an error, which must not hide the error. */
export function decodeContentLeniently(body: Buffer, contentType: string | undefined): Json {
  try {
    return decodeContent(body, contentType);
  } catch {
    return body.toString("utf8");
  }
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw unreadable("it says it is JSON but does not parse");
  }
}

function parseForm(text: string): Json {
  const form: Record<string, Json> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const known = Object.hasOwn(form, name) ? form[name] : undefined;
    if (known === undefined) setKey(form, name, value);
    else setKey(form, name, Array.isArray(known) ? [...(known as readonly Json[]), value] : [known, value]);
  }
  return form;
}

function decodeText(body: Buffer, charset: string | undefined): string {
  if (charset === undefined || charset === "utf-8" || charset === "utf8") {
    // Skips the byte order mark, which is no part of the text.
    return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.toString("utf8", 3) : body.toString("utf8");
  }
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    throw unreadable(`its charset "${charset}" is unknown`);
  }
}

function untyped(body: Buffer): Json {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return body.toString("base64");
  }
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
