import type { Socket } from "node:net";

const HTTP2_PREFACE = "PRI";
/** A client that says nothing for this long after connecting is cut off. */
const SILENCE_MAX_MS = 10_000;

/**
 * Tells HTTP/2 from HTTP/1.1 on a cleartext connection by its first three bytes (RFC 9113, 3.4: no method begins with `PRI`), and hands the connection on as if nothing had been
 * read.
 */
export function sniffProtocol(
  socket: Socket,
  onHttp1: (socket: Socket) => void,
  onHttp2: (socket: Socket) => void,
): void {
  let head: Buffer = Buffer.alloc(0);
  const onError = (): void => void socket.destroy();
  const onTimeout = (): void => void socket.destroy();
  const onData = (chunk: Buffer): void => {
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    if (head.length < HTTP2_PREFACE.length && HTTP2_PREFACE.startsWith(head.toString("latin1"))) return;
    socket.off("data", onData).off("error", onError).off("timeout", onTimeout);
    socket.setTimeout(0);
    socket.pause();
    socket.unshift(head);
    (head.toString("latin1", 0, HTTP2_PREFACE.length) === HTTP2_PREFACE ? onHttp2 : onHttp1)(socket);
    process.nextTick(() => socket.resume());
  };
  socket.setTimeout(SILENCE_MAX_MS);
  socket.on("data", onData).on("error", onError).on("timeout", onTimeout);
}
