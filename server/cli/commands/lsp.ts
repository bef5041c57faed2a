import type { CommandDefinition } from "../command.ts";
import { exit } from "../exit.ts";

/** `stigmer lsp`: the language server that editors start. */
export const lsp: CommandDefinition = {
  name: "lsp",
  summary: "serve editors: diagnostics, hover, completion, go to definition (LSP, stdio)",
  options: [{ flags: "--stdio", description: "talk over standard input and output (the only way there is)" }],
  examples: ["stigmer lsp --stdio"],
  async run({ signal }) {
    const [{ serveEditors }, { ProposedFeatures, StreamMessageReader, StreamMessageWriter, createConnection }] =
      await Promise.all([import("../language-server.ts"), import("vscode-languageserver/node.js")]);
    const connection = createConnection(
      ProposedFeatures.all,
      new StreamMessageReader(process.stdin),
      new StreamMessageWriter(process.stdout),
    );
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
