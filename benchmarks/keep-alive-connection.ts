import { connect, type Socket } from "node:net";

/** The answer to a request. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** An answer that takes longer is an error: a lost completion must not look like a slow one. */
const ANSWER_MS_MAX = 15_000;
const HEAD_END = "\r\n\r\n";

/**
 * One HTTP/1.1 connection with one request at a time: the load generator shares the cores with what it measures, and a general client costs several times as much. It knows answers with
 * `content-length` and chunked ones; anything else breaks the measurement.
 */
export class KeepAliveConnection {
  readonly #socket: Socket;
  readonly #host: string;
  #received: Buffer = Buffer.alloc(0);
  #pending: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | undefined;

  constructor(address: string) {
    this.#host = address;
    const [host, port] = address.split(":");
    this.#socket = connect({ host: host as string, port: Number(port), noDelay: true });
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.setTimeout(ANSWER_MS_MAX, () =>
      this.#fail(new Error(`${address} does not answer within ${ANSWER_MS_MAX} ms`)),
    );
    this.#socket.on("close", () => this.#fail(new Error(`${address} closed the connection`)));
  }

  post(path: string, contentType: string, body: Buffer): Promise<Answer> {
    const head = `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-type: ${contentType}\r\ncontent-length: ${body.length}${HEAD_END}`;
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(Buffer.concat([Buffer.from(head, "latin1"), body]));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    this.#pending?.reject(error);
    this.#pending = undefined;
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.toString("latin1", 0, headEnd).toLowerCase();
    const content = this.#received.subarray(headEnd + HEAD_END.length);
    const length = /\r\ncontent-length: *(\d+)/u.exec(head)?.[1];
    const body = length === undefined ? unchunked(content) : whole(content, Number(length));
    if (body === undefined) return;
    this.#received = Buffer.alloc(0);
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.resolve({ status: Number(head.slice(9, 12)), body });
  }
}

function whole(content: Buffer, length: number): Buffer | undefined {
  return content.length < length ? undefined : content.subarray(0, length);
}

/** The content of a chunked body; undefined while its end is not there yet. */
function unchunked(content: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = content.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const start = lineEnd + 2;
    const size = Number.parseInt(content.toString("latin1", at, lineEnd), 16);
    if (content.length < start + size + 2) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(content.subarray(start, start + size));
    at = start + size + 2;
  }
}
