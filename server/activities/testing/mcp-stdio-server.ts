import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { createMcpServer } from "./mcp-server.ts";

/* The MCP server of the tests as a program of its own, over standard input and output. */
await createMcpServer().connect(new StdioServerTransport());
