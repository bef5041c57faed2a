import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, type CallToolResult, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { didYouMean } from "@stigmer/core/lib/did-you-mean.ts";
import { version } from "../config/version.ts";
import { type ToolArguments, tools, withFolder } from "./mcp-tools.ts";
import { runCommand } from "./run-command.ts";

/** The server of the Model Context Protocol that `stigmer mcp` connects to standard input and output. */
export function mcpServer(): Server {
  const server = new Server(
    { name: "stigmer", version },
    {
      capabilities: { tools: {} },
      instructions:
        "Stigmer runs durable workflows in the Open Workflow Specification DSL (YAML). Write a definition, validate it until no diagnostics are left, test it with mocks, then apply and run it.",
    },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, description, inputSchema, readOnly }) => ({
      name,
      description,
      inputSchema: { ...inputSchema, required: [...(inputSchema.required ?? [])] },
      annotations: { readOnlyHint: readOnly, destructiveHint: false },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) =>
    call(params.name, params.arguments ?? {}, signal),
  );
  return server;
}

async function call(name: string, given: ToolArguments, signal: AbortSignal): Promise<CallToolResult> {
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) {
    const near = didYouMean(
      name,
      tools.map((one) => one.name),
    );
    return failure(
      `Cannot call "${name}": there is no such tool${near === undefined ? "" : `, did you mean "${near}"?`}`,
    );
  }
  for (const required of tool.inputSchema.required ?? [])
    if (given[required] === undefined) return failure(`Cannot call "${name}": "${required}" is missing`);
  try {
    const { status, stdout, stderr } = await withFolder(async (folder) =>
      runCommand(tool.command, await tool.arguments(given, folder), signal),
    );
    const texts = [stdout, stderr].map((part) => part.trim()).filter((part) => part !== "");
    return { content: texts.map((part) => ({ type: "text", text: part })), isError: status !== 0 };
  } catch (error) {
    return failure((error as Error).message);
  }
}

const failure = (message: string): CallToolResult => ({ content: [{ type: "text", text: message }], isError: true });
