import { createServer } from "node:http";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createMcpServer } from "./mcp-server.ts";

/** What an MCP server over HTTP saw of one request. */
export interface McpReceived {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** An MCP server made with the official SDK, over streamable HTTP; every request needs `Bearer t` once `locked` is set. */
export interface McpPeer {
  readonly origin: string;
  readonly received: McpReceived[];
  locked: boolean;
  close(): Promise<void>;
}

/** Starts the server on a free port, with a session for each client. */
export async function mcpPeer(): Promise<McpPeer> {
  const received: McpReceived[] = [];
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      received.push({ method: request.method ?? "", headers: request.headers, body });
      if (peer.locked && request.headers.authorization !== "Bearer t") {
        response.writeHead(401).end();
        return;
      }
      if (request.url === "/down") {
        response.writeHead(503).end();
        return;
      }
      if (request.url === "/redirect") {
        response.writeHead(307, { location: "http://169.254.169.254/" }).end();
        return;
      }
      void serve(request, response, body);
    });
  });

  async function serve(
    request: Parameters<StreamableHTTPServerTransport["handleRequest"]>[0],
    response: Parameters<StreamableHTTPServerTransport["handleRequest"]>[1],
    body: string,
  ): Promise<void> {
    const id = request.headers["mcp-session-id"];
    let transport = typeof id === "string" ? sessions.get(id) : undefined;
    if (transport === undefined) {
      const opened = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => `session-${sessions.size}`,
        onsessioninitialized: (session) => void sessions.set(session, opened),
      });
      transport = opened;
      await createMcpServer().connect(opened);
    }
    await transport.handleRequest(request, response, body === "" ? undefined : JSON.parse(body));
  }

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const peer: McpPeer = {
    origin: `http://127.0.0.1:${address.port}`,
    received,
    locked: false,
    async close() {
      for (const transport of sessions.values()) await transport.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  return peer;
}
