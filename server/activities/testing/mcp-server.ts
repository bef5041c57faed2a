import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListResourcesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";

/** An MCP server made with the official SDK: three pages of tools, a tool that tells who calls, one that fails and one that never answers. */
export function createMcpServer(): Server {
  const server = new Server(
    { name: "peer", version: "1.0.0" },
    { capabilities: { tools: {}, prompts: {}, resources: {} } },
  );
  server.setRequestHandler(ListToolsRequestSchema, async ({ params }) => {
    const page = Number(params?.cursor ?? 0);
    return {
      tools: [{ name: `tool-${page}`, inputSchema: { type: "object" } }],
      ...(page < 2 ? { nextCursor: String(page + 1) } : {}),
    };
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: args } }) => {
    if (name === "never") return new Promise(() => {});
    if (name === "fail") throw new McpError(ErrorCode.InvalidParams, "not like this", { hint: "x" });
    const who = {
      client: server.getClientVersion(),
      args,
      argv: process.argv.slice(2),
      env: process.env["PEER_TOKEN"] ?? null,
      canary: process.env["STIGMER_TEST_CANARY"] ?? null,
    };
    return { content: [{ type: "text", text: JSON.stringify(who) }], structuredContent: { who } };
  });
  server.setRequestHandler(ListPromptsRequestSchema, async () => ({ prompts: [{ name: "greet" }] }));
  server.setRequestHandler(GetPromptRequestSchema, async ({ params }) => ({
    messages: [{ role: "user", content: { type: "text", text: `${params.name} ${params.arguments?.["whom"] ?? ""}` } }],
  }));
  server.setRequestHandler(ListResourcesRequestSchema, async () => ({ resources: [{ uri: "mem://a", name: "a" }] }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params }) => ({
    contents: [{ uri: params.uri, text: "content" }],
  }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, async () => ({
    resourceTemplates: [{ uriTemplate: "mem://{x}", name: "t" }],
  }));
  return server;
}
