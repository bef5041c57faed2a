import { fromBinary, fromJsonString, type Message, toBinary, toJsonString } from "@bufbuild/protobuf";

import { ApiError } from "../../errors/api-error.ts";
import { BINARY_DEPTH_MAX, wellFormedJson } from "../interceptors/well-formed.ts";
import type { MethodEntry } from "../service-registry.ts";

const binaryOptions = { recursionLimit: BINARY_DEPTH_MAX };
const jsonOptions = { ignoreUnknownFields: true };

/** Decodes a request, binary or JSON; INVALID_ARGUMENT when it is not one. */
export function decodeRequest(entry: MethodEntry, bytes: Uint8Array, isJson: boolean): Message {
  const text = isJson ? wellFormedJson(bytes) : undefined;
  try {
    return text === undefined
      ? fromBinary(entry.method.input, bytes, binaryOptions)
      : fromJsonString(entry.method.input, text, jsonOptions);
  } catch (error) {
    throw new ApiError("REQUEST_MALFORMED", `Cannot read the request: ${(error as Error).message}`, { cause: error });
  }
}

/** Encodes a response, binary or JSON. */
export function encodeResponse(entry: MethodEntry, message: Message, isJson: boolean): Uint8Array {
  return isJson
    ? Buffer.from(toJsonString(entry.method.output, message), "utf8")
    : toBinary(entry.method.output, message);
}
