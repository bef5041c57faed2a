import type { CommandDefinition } from "./command.ts";
import { subcommand } from "./command-parser.ts";
import { capturedTerminal } from "./output/captured-terminal.ts";
import { report } from "./report.ts";

/** What a command left. */
export interface CommandOutcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command in this process, its arguments read as from the command line, without a terminal. */
export async function runCommand(
  definition: CommandDefinition,
  args: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<CommandOutcome> {
  const terminal = capturedTerminal();
  let status = 0;
  const parser = subcommand(definition, async (_definition, parsed) => {
    status = await definition.run({
      terminal,
      arguments: parsed.processedArgs.flat().filter((value) => value !== undefined),
      options: parsed.opts(),
      signal,
    });
  });
  parser.configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.say(text.trimEnd()) });
  try {
    await parser.parseAsync(args, { from: "user" });
  } catch (error) {
    status = report(error, terminal);
  }
  return { status, stdout: terminal.stdout(), stderr: terminal.stderr() };
}
