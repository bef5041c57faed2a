import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { gunzip } from "node:zlib";

import { ApiError } from "../../errors/api-error.ts";
import { type Call, createCall } from "../call.ts";
import { localPrincipal } from "../connect-routes.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { connectTimeoutMs, grpcTimeoutMs } from "../interceptors/deadline.ts";
import { tooLarge } from "../http/request-body.ts";
import type { MethodEntry } from "../service-registry.ts";
import { decodeRequest, encodeResponse } from "./message-codec.ts";

/** The forms the fast path knows. */
export interface WireForm {
  readonly protocol: "grpc" | "connect";
  readonly isJson: boolean;
}

const forms: ReadonlyMap<string, WireForm> = new Map<string, WireForm>([
  ["application/grpc", { protocol: "grpc", isJson: false }],
  ["application/grpc+proto", { protocol: "grpc", isJson: false }],
  ["application/proto", { protocol: "connect", isJson: false }],
  ["application/json", { protocol: "connect", isJson: true }],
  ["application/json; charset=utf-8", { protocol: "connect", isJson: true }],
  ["application/json;charset=utf-8", { protocol: "connect", isJson: true }],
]);

/** The form of a request, or undefined when connect-node has to take it: another content type, or a compression only it knows. */
export function wireForm(headers: IncomingHttpHeaders): WireForm | undefined {
  const form = forms.get(headers["content-type"] ?? "");
  if (form === undefined) return undefined;
  const encoding = encodingOf(form, headers);
  return encoding === undefined || encoding === "identity" || encoding === "gzip" ? form : undefined;
}

function encodingOf(form: WireForm, headers: IncomingHttpHeaders): string | undefined {
  return form.protocol === "grpc" ? (headers["grpc-encoding"] as string | undefined) : headers["content-encoding"];
}

/** Makes the call of a request. Throws when its timeout cannot be read. */
export function beginCall(entry: MethodEntry, form: WireForm, headers: IncomingHttpHeaders): Call {
  const isGrpc = form.protocol === "grpc";
  const sent = headers[isGrpc ? "grpc-timeout" : "connect-timeout-ms"] as string | undefined;
  const timeoutMs = isGrpc ? grpcTimeoutMs(sent) : connectTimeoutMs(sent);
  const call = createCall({
    method: entry.method,
    resourceKind: entry.resourceKind,
    principal: localPrincipal,
    protocol: form.protocol,
    headerValue: (name) => headers[name] as string | undefined,
    header: () => webHeaders(headers),
    timeoutMs: Number.isNaN(timeoutMs) ? undefined : timeoutMs,
  });
  if (Number.isNaN(timeoutMs))
    throw new ApiError(
      "REQUEST_MALFORMED",
      `Cannot read timeout ${JSON.stringify(sent)}: a number of the protocol's form is expected`,
    );
  return call;
}

/** From the bytes of a body to the answer, text where it is JSON; a gRPC body is one frame, and so is the answer. */
export async function exchange(
  dispatcher: Dispatcher,
  entry: MethodEntry,
  form: WireForm,
  call: Call,
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Uint8Array | string> {
  const bytes =
    form.protocol === "grpc"
      ? await unframe(body, encoding, maxBytes)
      : encoding === "gzip"
        ? await inflate(body, maxBytes)
        : body;
  const request = { bytes: bytes.length, decode: () => decodeRequest(entry, bytes, form.isJson) };
  const response = await dispatcher.unary(call, entry, request);
  const encoded = encodeResponse(entry, response, form.isJson);
  return form.protocol === "grpc" ? frame(encoded as Uint8Array) : encoded;
}

/** Collects a body, at most `maxBytes` and the frame's head; calls back once, with undefined when it is too large. */
export function collectBody(stream: Readable, maxBytes: number, done: (body: Buffer | undefined) => void): void {
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.byteLength;
    if (size > maxBytes + FRAME_HEAD_BYTES) {
      stream.off("data", onData).off("end", onEnd);
      done(undefined);
    } else if (first === undefined) first = chunk;
    else (rest ??= [first]).push(chunk);
  };
  const onEnd = (): void => done(rest === undefined ? (first ?? EMPTY) : Buffer.concat(rest, size));
  stream.on("data", onData).on("end", onEnd);
}

const FRAME_HEAD_BYTES = 5;
const EMPTY = Buffer.alloc(0);

async function unframe(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<Uint8Array> {
  if (body.length < FRAME_HEAD_BYTES || body.length !== FRAME_HEAD_BYTES + body.readUInt32BE(1)) {
    throw new ApiError("REQUEST_MALFORMED", "Cannot read the request: one complete message is expected");
  }
  const message = body.subarray(FRAME_HEAD_BYTES);
  const flags = body[0] as number;
  if (flags === 0) {
    if (message.length > maxBytes) throw tooLarge(maxBytes);
    return message;
  }
  if (flags !== 1 || encoding !== "gzip")
    throw new ApiError("REQUEST_MALFORMED", "Cannot read the request: the flags of its frame do not fit its encoding");
  return inflate(message, maxBytes);
}

function frame(message: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(FRAME_HEAD_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, FRAME_HEAD_BYTES);
  return framed;
}

function inflate(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  if (bytes.length === 0) return Promise.resolve(bytes);
  return new Promise((resolve, reject) => {
    gunzip(bytes, { maxOutputLength: maxBytes }, (error, inflated) => {
      if (error === null) resolve(inflated);
      else if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") reject(tooLarge(maxBytes));
      else reject(new ApiError("REQUEST_MALFORMED", `Cannot inflate the request: ${error.message}`, { cause: error }));
    });
  });
}

/** The headers of Node as the Headers of the web, without the pseudo headers of HTTP/2. */
function webHeaders(headers: IncomingHttpHeaders): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(":")) continue;
    for (const item of Array.isArray(value) ? value : [value]) result.append(name, item);
  }
  return result;
}
