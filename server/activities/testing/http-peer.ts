import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";

/** A request as the peer received it. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly bytes: Buffer;
}

/** An HTTP server on loopback that keeps what it receives. */
export interface HttpPeer {
  readonly origin: string;
  readonly port: number;
  readonly received: Received[];
  close(): Promise<void>;
}

/** Starts a server on a free port; `answer` sees the whole request. */
export async function httpPeer(answer: (request: Received, response: ServerResponse) => unknown): Promise<HttpPeer> {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const whole = {
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        body: bytes.toString("utf8"),
        bytes,
      };
      received.push(whole);
      void answer(whole, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    port: address.port,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
