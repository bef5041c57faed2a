import { fromBinary, type Message, toBinary } from "@bufbuild/protobuf";

import { ApiError } from "../../errors/api-error.ts";
import { BINARY_DEPTH_MAX, wellFormedJson } from "../interceptors/well-formed.ts";
import type { MethodEntry } from "../service-registry.ts";
import { jsonOfMessage, messageOfJson } from "./json-message.ts";

const binaryOptions = { recursionLimit: BINARY_DEPTH_MAX };

/** Decodes a request, binary or JSON; INVALID_ARGUMENT when it is not one. */
export function decodeRequest(entry: MethodEntry, bytes: Uint8Array, isJson: boolean): Message {
  const json = isJson ? wellFormedJson(bytes) : undefined;
  try {
    return json === undefined
      ? fromBinary(entry.method.input, bytes, binaryOptions)
      : messageOfJson(entry.method.input, json);
  } catch (error) {
    throw new ApiError("REQUEST_MALFORMED", `Cannot read the request: ${(error as Error).message}`, { cause: error });
  }
}

/** Encodes a response: binary as bytes, JSON as text. */
export function encodeResponse(entry: MethodEntry, message: Message, isJson: boolean): Uint8Array | string {
  return isJson ? jsonOfMessage(entry.method.output, message) : toBinary(entry.method.output, message);
}
