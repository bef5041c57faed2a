import { Command, CommanderError } from "commander";
import type { CommandDefinition } from "./command.ts";
import { commands } from "./commands/index.ts";
import { CliError, exit } from "./exit.ts";
import { type Terminal, processTerminal } from "./output/terminal.ts";
import { version } from "../config/version.ts";

/*
 * The entry of the one binary: reads the command line, runs one command, and turns every failure into one clear message and an exit status. Data goes to standard output, all else to
 * standard error.
 */

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

function subcommand(
  definition: CommandDefinition,
  perform: (command: CommandDefinition, parsed: Command) => Promise<void>,
): Command {
  const parsed = new Command(definition.name)
    .summary(definition.summary)
    .description(definition.description ?? definition.summary)
    .exitOverride();
  parsed.showSuggestionAfterError(true).showHelpAfterError("(see --help)");
  for (const alias of definition.aliases ?? []) parsed.alias(alias);
  for (const argument of definition.arguments ?? []) parsed.argument(argument.name, argument.description);
  for (const option of definition.options ?? []) {
    if (option.repeatable === true) {
      const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
      parsed.option(option.flags, option.description, collect);
    } else {
      parsed.option(option.flags, option.description, option.default);
    }
  }
  const { examples } = definition;
  if (examples !== undefined)
    parsed.addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
  parsed.action(async () => perform(definition, parsed));
  return parsed;
}

/** Runs the command line and resolves to the exit status. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const abort = new AbortController();
  let signals = 0;
  const interrupt = (): void => {
    signals += 1;
    if (signals > 1) process.exit(exit.interrupted);
    abort.abort();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  let status: number = exit.ok;
  const program = commandLine(async (definition, parsed) => {
    status = await definition.run({
      terminal,
      arguments: parsed.processedArgs.flat().filter((value) => value !== undefined),
      options: parsed.opts(),
      signal: abort.signal,
    });
  });
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return exit.ok;
    }
    await program.parseAsync(argv, { from: "user" });
    return status;
  } catch (error) {
    return report(error, terminal);
  }
}

function report(error: unknown, terminal: Terminal): number {
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

const status = await main(process.argv.slice(2), processTerminal());
// Open connections would keep the process alive; what was written goes out first.
process.stdout.write("", () => process.exit(status));
