import { Command, CommanderError } from "commander";
import type { CommandDefinition } from "../command.ts";
import { CliError } from "../exit.ts";
import { fakeTerminal } from "./fake-terminal.ts";

/** What a command left in a test. */
export interface CommandOutcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command in this process with options read as from the command line, without a terminal. */
export async function runCommand(definition: CommandDefinition, args: readonly string[]): Promise<CommandOutcome> {
  const terminal = fakeTerminal();
  const parsed = new Command(definition.name).exitOverride().configureOutput({ writeErr: () => {} });
  for (const argument of definition.arguments ?? []) parsed.argument(argument.name, argument.description);
  for (const option of definition.options ?? []) parsed.option(option.flags, option.description, option.default);
  let status = 0;
  parsed.action(async () => {
    status = await definition.run({
      terminal,
      arguments: parsed.processedArgs.flat().filter((value) => value !== undefined),
      options: parsed.opts(),
      signal: new AbortController().signal,
    });
  });
  try {
    await parsed.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return { status: 2, stdout: terminal.stdout(), stderr: error.message };
    if (!(error instanceof CliError)) throw error;
    terminal.say(`error: ${error.message}`);
    if (error.hint !== undefined) terminal.say(`help: ${error.hint}`);
    status = error.status;
  }
  return { status, stdout: terminal.stdout(), stderr: terminal.stderr() };
}
