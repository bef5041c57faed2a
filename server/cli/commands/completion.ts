import type { CommandDefinition } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer completion`: a script that teaches a shell the commands and their options. */
export const completionOf = (commands: () => readonly CommandDefinition[]): CommandDefinition => ({
  name: "completion",
  summary: "print a completion script for a shell",
  arguments: [{ name: "<shell>", description: "bash, zsh or fish" }],
  examples: ["source <(stigmer completion bash)", "stigmer completion fish > ~/.config/fish/completions/stigmer.fish"],
  async run({ terminal, arguments: [shell] }) {
    const { completionScript } = await import("../completion-script.ts");
    const script = completionScript(shell as string, commands());
    if (script === undefined)
      throw new CliError(exit.usage, `Cannot complete for "${shell}": it should be bash, zsh or fish`);
    terminal.out(script);
    return exit.ok;
  },
});
