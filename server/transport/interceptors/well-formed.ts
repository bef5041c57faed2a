import { isUtf8 } from "node:buffer";
import type { DescMessage, Message } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";

import { NESTING_MAX } from "../../config/settings.ts";
import { ApiError } from "../../errors/api-error.ts";

/**
 * Levels a JSON request may have: those of a value, and the levels of the message around it. The pipeline holds values to the exact limit; this one keeps every recursion on the way
 * there short.
 */
export const JSON_DEPTH_MAX = NESTING_MAX + 16;
/** The same for the binary form, where a level of JSON is a value, a struct or list, and a map entry. */
export const BINARY_DEPTH_MAX = JSON_DEPTH_MAX * 3;

/** A text of JSON. */
export interface JsonText {
  readonly text: string;
  /** How many names with a value all its objects have together, those that occur twice counted twice. */
  readonly members: number;
}

/**
 * Decodes the bytes of a JSON request, refusing what a later step would change silently: broken UTF-8, halves of surrogate pairs, numbers beyond a double, nesting beyond the limit.
 */
export function wellFormedJson(bytes: Uint8Array): JsonText {
  if (!isUtf8(bytes)) throw new ApiError("TEXT_INVALID", "Cannot read the request: it is not valid UTF-8");
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const members = checkDepth(text);
  // Both are rare in honest requests: only a text that may have one is looked at value by value.
  if (/\\u[dD][89a-fA-F]/u.test(text) || /\d[eE]\+?\d{3}|\d{300}/u.test(text)) checkValues(parse(text));
  return { text, members };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ApiError("REQUEST_MALFORMED", `Cannot read the request: ${(error as Error).message}`, { cause: error });
  }
}

/** Refuses what is nested too deep; gives the number of members. */
function checkDepth(text: string): number {
  let depth = 0;
  let members = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i = endOfString(text, i + 1);
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > JSON_DEPTH_MAX)
        throw new ApiError(
          "NESTING_TOO_DEEP",
          `Cannot read the request: nesting exceeds ${NESTING_MAX} levels at offset ${i}`,
        );
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    } else if (code === 0x3a) {
      members++;
    }
  }
  return members;
}

function endOfString(text: string, from: number): number {
  for (let i = from; ; i++) {
    i = text.indexOf('"', i);
    if (i === -1) return text.length;
    let backslashes = 0;
    while (text[i - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return i;
  }
}

function checkValues(value: unknown): void {
  if (typeof value === "string") refuseHalves(value);
  else if (typeof value === "number") refuseInfinity(value);
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      refuseHalves(key);
      checkValues(inner);
    }
  }
}

function refuseHalves(text: string): void {
  // lib ES2023 does not know isWellFormed, Node 20 does.
  if (!(text as string & { isWellFormed(): boolean }).isWellFormed())
    throw new ApiError(
      "TEXT_INVALID",
      "Cannot read the request: it has half of a surrogate pair, valid Unicode is expected",
    );
}

function refuseInfinity(value: number): void {
  if (!Number.isFinite(value))
    throw new ApiError(
      "NUMBER_INVALID",
      "Cannot read the request: it has a number beyond the range of a double, send it as a text",
    );
}

/**
 * Refuses texts with halves of surrogate pairs in JSON requests that were decoded by connect-node (streams, gRPC-Web and other rare
 * forms); the fast path looks at the bytes instead. The binary form cannot have them: its decoder refuses broken UTF-8.
 */
export function refuseHalfSurrogates(desc: DescMessage, request: Message): void {
  checkReflected(reflect(desc, request));
}

function checkReflected(message: ReflectMessage): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const value: unknown = message.get(field);
    if (field.fieldKind === "message") checkReflected(value as ReflectMessage);
    else if (field.fieldKind === "scalar") checkScalar(value);
    else if (field.fieldKind === "list")
      for (const item of value as Iterable<unknown>) checkItem(item, field.listKind === "message");
    else if (field.fieldKind === "map") {
      for (const [key, item] of value as Iterable<[unknown, unknown]>) {
        checkScalar(key);
        checkItem(item, field.mapKind === "message");
      }
    }
  }
}

function checkItem(item: unknown, isMessage: boolean): void {
  if (isMessage) checkReflected(item as ReflectMessage);
  else checkScalar(item);
}

function checkScalar(value: unknown): void {
  if (typeof value === "string") refuseHalves(value);
}
