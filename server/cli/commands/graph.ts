import type { LiveState } from "@stigmer/core/graph/svg.ts";
import { type CommandDefinition, connectionOptions, textOption } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer graph`: draws a definition, with the live states of an execution over it where one is named. */
export const graph: CommandDefinition = {
  name: "graph",
  summary: "draw a workflow as text, SVG, Mermaid or JSON",
  arguments: [{ name: "<workflow>", description: "a definition file, or - for standard input" }],
  options: [
    {
      flags: "-o, --output <format>",
      description: "ascii, svg, mermaid or json",
      default: "ascii",
      completes: ["ascii", "svg", "mermaid", "json"],
    },
    {
      flags: "--execution <id>",
      description: "lay the states of this execution over the drawing",
      completes: "execution",
    },
    ...connectionOptions,
  ],
  examples: ["stigmer graph workflow.yaml", "stigmer graph workflow.yaml -o svg > workflow.svg"],
  async run({ terminal, arguments: [file], options }) {
    const [{ loadWorkflow }, { readSource }, { showDiagnostics }, { blocks }] = await Promise.all([
      import("@stigmer/core/check/load.ts"),
      import("../input.ts"),
      import("../definitions.ts"),
      import("@stigmer/core/graph/blocks.ts"),
    ]);
    const format = textOption(options, "output") ?? "ascii";
    const { document, diagnostics } = loadWorkflow(await readSource(file as string), { file: file as string });
    if (document === undefined) {
      showDiagnostics(terminal, diagnostics);
      return exit.invalid;
    }
    const id = textOption(options, "execution");
    const states = id === undefined ? new Map<string, LiveState>() : await statesOf(id, options);
    const root = blocks(document);
    switch (format) {
      case "ascii":
        terminal.out((await import("@stigmer/core/graph/ascii.ts")).ascii(root, states));
        return exit.ok;
      case "mermaid":
        terminal.out((await import("@stigmer/core/graph/mermaid.ts")).mermaid(root));
        return exit.ok;
      case "svg":
      case "json": {
        const [{ layout }, { svg }] = await Promise.all([
          import("@stigmer/core/graph/layout.ts"),
          import("@stigmer/core/graph/svg.ts"),
        ]);
        terminal.out(
          format === "svg"
            ? svg(layout(root), states)
            : `${JSON.stringify({ blocks: root, drawing: layout(root), states: Object.fromEntries(states) }, null, 2)}\n`,
        );
        return exit.ok;
      }
      default:
        throw new CliError(exit.usage, `Cannot draw as "${format}": it should be ascii, svg, mermaid or json`);
    }
  },
};

async function statesOf(
  id: string,
  options: Parameters<CommandDefinition["run"]>[0]["options"],
): Promise<Map<string, LiveState>> {
  const [{ connection, explain }, { TaskPhase }] = await Promise.all([
    import("../connection.ts"),
    import("@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts"),
  ]);
  const server = await connection(options);
  try {
    const { status } = await server.client.workflowExecution.query.get({ value: id });
    return new Map(
      (status?.tasks ?? []).map((task) => [
        task.pointer,
        {
          phase: (TaskPhase[task.taskPhase] ?? "pending")
            .replace("TASK_PHASE_", "")
            .toLowerCase() as LiveState["phase"],
        },
      ]),
    );
  } catch (error) {
    throw explain(error, server.address);
  }
}
