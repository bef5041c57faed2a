import {
  createServer as createHttp1Server,
  type IncomingMessage,
  type Server as Http1Server,
  type ServerResponse,
} from "node:http";
import {
  createServer as createHttp2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

import { sniffProtocol } from "../protocol-sniffer.ts";

/** What the server does with requests. */
export interface HttpHandlers {
  /** A connection was taken. */
  connected(): void;
  /** A request of HTTP/1.1. */
  http1(request: IncomingMessage, response: ServerResponse): void;
  /** A stream of HTTP/2; `compatible` makes the objects that listeners for HTTP/1.1 expect. */
  http2(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    compatible: () => readonly [Http2ServerRequest, Http2ServerResponse],
  ): void;
}

/** Limits of connections. */
export interface HttpLimits {
  readonly headerBytesMax: number;
  readonly streamsMax: number;
}

/** A request has to arrive within this time, its headers in the first minute (Node's default); a slow sender cannot hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_MS = 65_000;
/** Connections that the system holds until they are taken, as far as it allows so many. Node asks for 511; one that finds no room tries again after a second, then three. */
const BACKLOG = 4_096;
const FLUSH_POLL_MS = 5;

/** One cleartext port for HTTP/1.1 and HTTP/2. */
export class HttpServer {
  readonly #listener: Server;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #isClosing = false;

  constructor(handlers: HttpHandlers, limits: HttpLimits) {
    this.#http1 = createHttp1Server(
      { maxHeaderSize: limits.headerBytesMax, requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS },
      (request, response) => {
        if (this.#isClosing) response.setHeader("connection", "close");
        handlers.http1(request, response);
      },
    );
    this.#http2 = createHttp2Server({
      settings: { maxConcurrentStreams: limits.streamsMax, maxHeaderListSize: limits.headerBytesMax },
      maxSessionInvalidFrames: 100,
    });
    this.#http2.on("stream", (stream, headers, _flags, rawHeaders?: string[]) => {
      handlers.http2(stream, headers, () => {
        const request = new Http2ServerRequest(stream, headers, {}, rawHeaders ?? []);
        return [request, new Http2ServerResponse(stream)];
      });
    });
    this.#http2.on("session", (session) => {
      this.#sessions.add(session);
      session.on("error", () => undefined).once("close", () => this.#sessions.delete(session));
    });
    this.#http2.on("sessionError", () => undefined);
    this.#listener = createServer({ noDelay: true }, (socket) => {
      handlers.connected();
      this.#accept(socket);
    });
  }

  /** Listens; gives the port, which the system chose when 0 was asked for. */
  async listen(host: string, port: number): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once("error", reject);
      this.#listener.listen({ host, port, backlog: BACKLOG }, () => {
        this.#listener.off("error", reject);
        resolve();
      });
    });
    // Node looks for requests that never end once its own listener is up. Ours listens instead, so the look-out is started by hand.
    this.#http1.emit("listening");
    return this.#listener.address() as AddressInfo;
  }

  /** Accepts no more connections, and asks those that are open to send nothing new. */
  stopAccepting(): void {
    this.#isClosing = true;
    if (this.#listener.listening) this.#listener.close();
    for (const session of this.#sessions) session.close();
    this.#http1.closeIdleConnections();
  }

  /** Waits until the last answers are out and the connections closed, at most `graceMs`, then cuts off whatever is still connected. */
  async end(graceMs: number): Promise<void> {
    const deadline = performance.now() + graceMs;
    while (this.#sockets.size > 0 && performance.now() < deadline) {
      this.#http1.closeIdleConnections();
      await new Promise((resolve) => setTimeout(resolve, FLUSH_POLL_MS));
    }
    this.#http1.close(() => undefined);
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    sniffProtocol(
      socket,
      (http1) => this.#http1.emit("connection", http1),
      (http2) => this.#http2.emit("connection", http2),
    );
  }
}
