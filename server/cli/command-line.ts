import { Command } from "commander";
import type { CommandDefinition } from "./command.ts";
import { subcommand } from "./command-parser.ts";
import { commands } from "./commands/index.ts";
import { version } from "../config/version.ts";

/** Builds the command line of all commands. `perform` is called with the one that was chosen. */
export function commandLine(perform: (command: CommandDefinition, parsed: Command) => Promise<void>): Command {
  const program = new Command("stigmer")
    .description("Durable workflows in the Open Workflow Specification DSL")
    .version(version, "-V, --version")
    .helpOption("-h, --help")
    .helpCommand(true)
    .showSuggestionAfterError(true)
    .showHelpAfterError("(see --help)")
    .configureHelp({ sortSubcommands: false })
    .exitOverride();
  for (const definition of commands) program.addCommand(subcommand(definition, perform));
  return program;
}
