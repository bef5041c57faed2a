import type { NodeRequest, NodeResponse } from "./http/http-router.ts";
import { grpcMessage } from "./grpc-message.ts";

const EXCHANGE = "x-stigmer-exchange";
const CODE_INVALID_ARGUMENT = "3";
const CODE_INTERNAL = "13";
const TEXT = "Cannot read the request: it is not a message of the method";
/** Flags of the frame that ends an answer: trailers of gRPC-Web, the end of a stream of Connect. */
const WEB_TRAILERS = 0x80;
const END_STREAM = 0x02;
const FRAME_HEAD_BYTES = 5;

/**
 * What connect-node says of a request it cannot decode is `internal error`, as if the fault were ours. Here such an answer becomes INVALID_ARGUMENT: when its status is internal, and no handler was ever
 * called for the request. It also puts the text of gRPC trailers into the form of the protocol: connect-node encodes every character that is special in a URL, and grpc-js, which decodes no more than
 * the protocol says, would show its users `%3A` for a colon.
 */
export class UnreadRequests {
  readonly #unread = new Set<string>();
  #count = 0;

  /** Watches an exchange that connect-node is to answer. */
  watch(request: NodeRequest, response: NodeResponse): void {
    const id = String((this.#count += 1));
    request.headers[EXCHANGE] = id;
    this.#unread.add(id);
    response.once("close", () => this.#unread.delete(id));
    const isUnread = (): boolean => this.#unread.has(id);
    this.#trailers(response, isUnread);
    this.#lastFrame(response, isUnread);
  }

  /** A handler was called: the request with these headers was read. */
  read(header: Headers): void {
    this.#unread.delete(header.get(EXCHANGE) ?? "");
  }

  #trailers(response: NodeResponse, isUnread: () => boolean): void {
    const add = response.addTrailers.bind(response) as (trailers: Record<string, unknown>) => void;
    response.addTrailers = (given: object): void => {
      const trailers: Record<string, unknown> = { ...given };
      const { "grpc-status": status, "grpc-message": text } = trailers;
      if (status === CODE_INTERNAL && isUnread()) {
        trailers["grpc-status"] = CODE_INVALID_ARGUMENT;
        trailers["grpc-message"] = TEXT;
      } else if (typeof text === "string") trailers["grpc-message"] = grpcMessage(decodeURIComponent(text));
      add(trailers);
    };
  }

  #lastFrame(response: NodeResponse, isUnread: () => boolean): void {
    const write = response.write.bind(response) as (chunk: unknown, ...rest: unknown[]) => boolean;
    (response as { write: unknown }).write = (chunk: unknown, ...rest: unknown[]): boolean =>
      write(chunk instanceof Uint8Array && isUnread() ? corrected(chunk) : chunk, ...rest);
  }
}

function corrected(frame: Uint8Array): Uint8Array {
  const flags = frame[0] ?? 0;
  const text = Buffer.from(frame.subarray(FRAME_HEAD_BYTES)).toString("utf8");
  if (flags === WEB_TRAILERS && /^grpc-status: ?13\r?$/mu.test(text))
    return framed(flags, `grpc-status: ${CODE_INVALID_ARGUMENT}\r\ngrpc-message: ${TEXT}\r\n`);
  if (flags === END_STREAM && text.includes('"internal"'))
    return framed(flags, JSON.stringify({ error: { code: "invalid_argument", message: TEXT } }));
  return frame;
}

function framed(flags: number, text: string): Uint8Array {
  const body = Buffer.from(text);
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head[0] = flags;
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}
