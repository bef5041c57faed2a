import { Command } from "commander";
import type { CommandDefinition } from "./command.ts";

/** The parser of one command's arguments and options. */
export function subcommand(
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
