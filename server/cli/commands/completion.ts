import type { CommandDefinition } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer completion`: a script that teaches a shell the commands, their options, and the names a server has. */
export const completionOf = (commands: () => readonly CommandDefinition[]): CommandDefinition => ({
  name: "completion",
  summary: "print a completion script for a shell",
  description:
    "Prints a script that teaches a shell the commands, their flags, and what may stand for a value: formats, contexts, examples, and the names of workflows, executions and tasks that the server has at that moment. Where no server answers, only these names are missing. The scripts for bash, zsh and fish are tested in those shells; the one for PowerShell has not been run.",
  arguments: [
    { name: "<shell>", description: "bash, zsh, fish or powershell", completes: ["bash", "zsh", "fish", "powershell"] },
  ],
  examples: [
    "source <(stigmer completion bash)",
    "stigmer completion zsh > ~/.zfunc/_stigmer",
    "stigmer completion fish > ~/.config/fish/completions/stigmer.fish",
    "stigmer completion powershell | Out-String | Invoke-Expression",
  ],
  async run({ terminal, arguments: [shell] }) {
    const { completionScript, shells } = await import("../completion-script.ts");
    const script = completionScript(shell as string, commands());
    if (script === undefined) {
      const { didYouMean } = await import("@stigmer/core/lib/did-you-mean.ts");
      const near = didYouMean(shell as string, shells);
      throw new CliError(
        exit.usage,
        `Cannot complete for "${shell}": it should be one of ${shells.join(", ")}`,
        near === undefined ? undefined : `did you mean "${near}"?`,
      );
    }
    terminal.out(script);
    return exit.ok;
  },
});
