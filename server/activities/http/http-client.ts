import { promisify } from "node:util";
import zlib from "node:zlib";
import { Agent, buildConnector, type Dispatcher } from "undici";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault, type StopSignal } from "../activity.ts";
import type { HttpLimits } from "../activity-options.ts";
import type { NetworkGuard } from "../network-guard.ts";

/** A request as it goes on the wire; header names in lower case. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** A whole response, decompressed; header names in lower case, repeated headers joined with commas. */
export interface HttpReply {
  readonly statusCode: number;
  readonly statusText: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/**
 * Sends HTTP requests over keep-alive pools of its own, one for each origin; every connection passes the network guard. (The global `fetch` costs ten times as much a request and knows
 * no guard.) Peers that are silent or endless are cut off with communication faults.
 */
export class HttpClient {
  /** The dispatcher itself, for libraries that bring their own requests (MCP) and must not escape the guard. */
  readonly dispatcher: Agent;
  readonly #limits: HttpLimits;
  readonly #now: () => number;

  constructor(guard: NetworkGuard, limits: HttpLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    const connect = buildConnector({
      lookup: guard.lookup,
      timeout: Math.min(limits.timeoutMs, 10_000),
    });
    this.dispatcher = new Agent({
      connections: limits.connectionsPerOriginMax,
      headersTimeout: limits.timeoutMs,
      bodyTimeout: limits.timeoutMs,
      maxHeaderSize: 64 * 1024,
      connect(options, callback) {
        try {
          guard.checkHost(options.hostname);
        } catch (error) {
          callback(error as Error, null);
          return;
        }
        connect(options, callback);
      },
    });
  }

  /** Sends one request, following nothing, and resolves with the whole response whatever its status. */
  async send(request: HttpRequest, stop: StopSignal): Promise<HttpReply> {
    const reply = await new Promise<HttpReply>((resolve, reject) => {
      const { url } = request;
      const collector = new ReplyCollector(resolve, reject, stop, this.#limits, this.#now);
      this.dispatcher.dispatch(
        {
          origin: url.origin,
          path: url.pathname + url.search,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
        },
        collector,
      );
    });
    return decompress(reply, this.#limits.responseBytesMax);
  }

  /** Closes all connections; requests under way fail. */
  async close(): Promise<void> {
    await this.dispatcher.destroy();
  }
}

/** Gathers one response; the cheapest of the client's interfaces, since it runs for every HTTP step. */
class ReplyCollector implements Dispatcher.DispatchHandler {
  readonly #resolve: (reply: HttpReply) => void;
  readonly #reject: (error: unknown) => void;
  readonly #stop: StopSignal;
  readonly #limits: HttpLimits;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #statusCode = 0;
  #statusText = "";
  #headers: Record<string, string> = {};
  #abort: (() => void) | undefined;

  constructor(
    resolve: (reply: HttpReply) => void,
    reject: (error: unknown) => void,
    stop: StopSignal,
    limits: HttpLimits,
    now: () => number,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#stop = stop;
    this.#limits = limits;
    this.#now = now;
    this.#startedAt = now();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const abort = (): void => {
      controller.abort(stopped());
      // A request still waiting for its connection has nothing to abort yet; nobody waits for it any longer all the same.
      this.#fail(stopped());
    };
    if (this.#stop.aborted) {
      abort();
      return;
    }
    this.#unlisten();
    this.#abort = abort;
    this.#stop.addEventListener("abort", abort, { once: true });
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: HeaderBag,
    statusText?: string,
  ): void {
    this.#statusCode = statusCode;
    this.#statusText = statusText ?? "";
    this.#headers = flatHeaders(headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limits.responseBytesMax) controller.abort(tooLarge(this.#limits.responseBytesMax));
    else if (this.#now() - this.#startedAt > this.#limits.timeoutMs) controller.abort(tooSlow(this.#limits.timeoutMs));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#unlisten();
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    this.#resolve({ statusCode: this.#statusCode, statusText: this.#statusText, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#unlisten();
    this.#reject(error);
  }

  #unlisten(): void {
    if (this.#abort !== undefined) this.#stop.removeEventListener("abort", this.#abort);
  }
}

type HeaderBag = Readonly<Record<string, string | string[] | undefined>>;

function flatHeaders(bag: HeaderBag): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>;
  for (const name of Object.keys(bag)) {
    const value = bag[name];
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return headers;
}

const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const inflate = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate);
const brotli = promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress);

/** The codings a request may ask for, which are the ones `decompress` knows. */
export const ACCEPT_ENCODING = "gzip, deflate, br";

async function decompress(reply: HttpReply, bytesMax: number): Promise<HttpReply> {
  const codings = reply.headers["content-encoding"];
  if (codings === undefined || reply.body.length === 0) return reply;
  let { body } = reply;
  for (const coding of codings
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .toReversed()) {
    if (coding !== "identity" && coding !== "") body = await decode(coding, body, bytesMax);
  }
  return { ...reply, body };
}

async function decode(coding: string, body: Buffer, bytesMax: number): Promise<Buffer> {
  const options = { maxOutputLength: bytesMax };
  try {
    if (coding === "gzip" || coding === "x-gzip") return await gunzip(body, options);
    if (coding === "deflate") return await inflate(body, options);
    if (coding === "br") return await brotli(body, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(bytesMax);
    throw unreadable(`its ${coding} coding is broken`);
  }
  throw unreadable(`its content coding "${coding}" is unknown`);
}

/** The fault of a response that cannot be understood, to be thrown. */
export function unreadable(problem: string): ActivityFault {
  return new ActivityFault(
    standardFault("communication", "Unreadable response", `Cannot read the response: ${problem}`, { status: 502 }),
  );
}

/** The fault of a response that is larger than allowed, to be thrown. */
export function tooLarge(bytesMax: number): ActivityFault {
  return new ActivityFault(
    standardFault(
      "communication",
      "Response too large",
      `Cannot read the response: it is larger than ${bytesMax} bytes`,
      { status: 502 },
    ),
  );
}

function tooSlow(timeoutMs: number): ActivityFault {
  return new ActivityFault(
    standardFault(
      "communication",
      "The service did not answer in time",
      `Cannot read the response: it took longer than ${timeoutMs} ms`,
      {
        status: 504,
      },
    ),
  );
}

function stopped(): ActivityFault {
  return new ActivityFault(standardFault("runtime", "Activity stopped", "Cannot complete the call: it was stopped"));
}
