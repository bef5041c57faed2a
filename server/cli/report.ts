import { CommanderError } from "commander";
import { CliError, exit } from "./exit.ts";
import type { Terminal } from "./output/terminal.ts";

/** Says what went wrong in one message, without a stack trace, and gives the exit status that goes with it. */
export function report(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exit.ok : exit.usage;
  if (error instanceof CliError) {
    terminal.say(`${terminal.colors.red("error:")} ${error.message}`);
    if (error.hint !== undefined) terminal.say(`${terminal.colors.cyan("help:")} ${error.hint}`);
    return error.status;
  }
  terminal.say(`${terminal.colors.red("error:")} ${error instanceof Error ? error.message : String(error)}`);
  if (process.env["STIGMER_DEBUG"] !== undefined && error instanceof Error) terminal.say(error.stack ?? "");
  return exit.failed;
}
