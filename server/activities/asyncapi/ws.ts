import type { WebSocket } from "ws";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activity.ts";
import { callHeaders } from "../call-context.ts";
import type { BrokerCall, BrokerProtocol, BrokerTarget } from "./broker-target.ts";
import { consumption } from "./in-order.ts";
import { decodePayload, encodePayload } from "./message-content.ts";
import { loadPeer } from "./peer-package.ts";

/** WebSockets: one connection a call. Messages have no headers of their own, so those of a message go with the handshake; nothing is acknowledged. */
export const wsProtocol: BrokerProtocol = {
  async publish(target, message, call) {
    const socket = await open(target, message.headers, call);
    try {
      const bytes = encodePayload(message.payload, target.contentType);
      await new Promise<void>((resolve, reject) => {
        socket.send(bytes, { binary: false }, (error) =>
          error === undefined || error === null ? resolve() : reject(error),
        );
      });
      await closed(socket);
    } finally {
      socket.terminate();
    }
  },
  async consume(target, call, deliver) {
    const received = consumption(call.context.signal, deliver);
    // Listens before the connection opens: a server may send its first message along with the handshake.
    const socket = await open(target, {}, call, (opening) => {
      opening.on("message", (data, isBinary) => {
        const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
        received.take({
          payload: isBinary ? bytes.toString("base64") : decodePayload(bytes, target.contentType),
          headers: {},
        });
      });
      opening.on("close", received.end);
    });
    socket.on("error", received.fail);
    try {
      await received.done;
    } finally {
      socket.terminate();
    }
  },
};

async function open(
  target: BrokerTarget,
  headers: Readonly<Record<string, string>>,
  { services, context }: BrokerCall,
  prepare: (socket: WebSocket) => void = () => {},
): Promise<WebSocket> {
  const { WebSocket: Socket } = await loadPeer("ws", "ws", () => import("ws"));
  const path = `${target.path.replace(/\/+$/u, "")}/${target.address.replace(/^\/+/u, "")}`;
  const port = target.port === undefined ? "" : `:${target.port}`;
  const url = new URL(`${target.tls ? "wss" : "ws"}://${target.host}${port}${path}`);
  services.guard.checkHost(url.hostname);
  const handshake = { method: "GET", url, headers: { ...callHeaders(context), ...headers } };
  const signed = target.credentials === undefined ? handshake : await target.credentials.authorize(handshake);
  return new Promise((resolve, reject) => {
    const socket = new Socket(signed.url, {
      headers: { ...signed.headers },
      lookup: services.guard.lookup,
      handshakeTimeout: services.options.http.timeoutMs,
      maxPayload: services.options.http.responseBytesMax,
      followRedirects: false,
    });
    prepare(socket);
    const abort = (): void => socket.terminate();
    context.signal.addEventListener("abort", abort, { once: true });
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      const answered = response.statusCode ?? 502;
      // Anything but a refusal is no answer to a handshake.
      const status = answered < 400 ? 502 : answered;
      const type = status === 401 ? "authentication" : status === 403 ? "authorization" : "communication";
      reject(
        new ActivityFault(
          standardFault(type, `HTTP ${answered}`, `The handshake with "${url.host}" was answered ${answered}`, {
            status,
          }),
        ),
      );
      socket.terminate();
    });
    socket.once("close", () => context.signal.removeEventListener("abort", abort));
  });
}

async function closed(socket: WebSocket): Promise<void> {
  const done = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  socket.close(1000);
  await done;
}
