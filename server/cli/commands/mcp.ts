import type { CommandDefinition } from "../command.ts";
import { exit } from "../exit.ts";

/** `stigmer mcp`: tools for agents over the Model Context Protocol on standard input and output. */
export const mcp: CommandDefinition = {
  name: "mcp",
  summary: "give agents the tools validate, explain, test, graph, apply, run, get, inspect and history (MCP, stdio)",
  description:
    "Speaks the Model Context Protocol on standard input and output. The server that apply, run and those after it talk to is that of STIGMER_SERVER_ADDR, or 127.0.0.1:7234.",
  examples: ["stigmer mcp"],
  endsItself: true,
  async run({ signal }) {
    const [{ mcpServer }, { StdioServerTransport }] = await Promise.all([
      import("../mcp-server.ts"),
      import("@modelcontextprotocol/sdk/server/stdio.js"),
    ]);
    const server = mcpServer();
    const closed = new Promise<void>((resolve) => {
      server.onclose = resolve;
      process.stdin.once("end", resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await server.connect(new StdioServerTransport());
    await closed;
    await server.close();
    return exit.ok;
  },
};
