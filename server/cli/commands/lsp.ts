import type { CommandDefinition } from "../command.ts";
import { exit } from "../exit.ts";

/** `stigmer lsp`: the language server that editors start. */
export const lsp: CommandDefinition = {
  name: "lsp",
  summary:
    "serve editors: diagnostics, hover, completion, definition, references, rename, outline, formatting (LSP, stdio)",
  options: [{ flags: "--stdio", description: "talk over standard input and output (the only way there is)" }],
  examples: ["stigmer lsp --stdio"],
  endsItself: true,
  async run({ signal }) {
    const [{ serveEditors }, { stdioConnection }] = await Promise.all([
      import("../language-server.ts"),
      import("../stdio-connection.ts"),
    ]);
    const connection = stdioConnection();
    const ended = new Promise<void>((resolve) => {
      connection.onExit(() => resolve());
      process.stdin.once("end", resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    serveEditors(connection);
    await ended;
    connection.dispose();
    return exit.ok;
  },
};
