import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { CommandDefinition } from "../server/cli/command.ts";
import { commands } from "../server/cli/commands/index.ts";
import { exit } from "../server/cli/exit.ts";

/** Where the pages of the commands stand. */
export const commandPagesPath = path.resolve(import.meta.dirname, "../docs/reference/commands");

const STATUS_WORDS: { readonly [Name in keyof typeof exit]: string } = {
  ok: "it worked",
  failed: "the run or the operation failed",
  usage: "the command line is wrong",
  invalid: "the definition or the input is not valid",
  unauthorized: "not allowed",
  notFound: "not found, or in conflict with what is there",
  timeout: "the time given with `--timeout` passed",
  unreachable: "no server answers",
  interrupted: "Ctrl-C",
  terminated: "SIGTERM, where the command does not end in its own way (`server` drains and ends with 0)",
};

/** The reference pages of the command line by file name, made from the definitions of the commands. */
export function commandPages(): ReadonlyMap<string, string> {
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const pages = new Map(shown.map((command) => [`${command.name}.md`, page(command)]));
  const rows = shown.map(({ name, summary }) => `| [${name}](${name}.md) | ${cell(summary)} |`);
  const statuses = (Object.keys(exit) as (keyof typeof exit)[]).map((key) => `| ${exit[key]} | ${STATUS_WORDS[key]} |`);
  pages.set(
    "README.md",
    [
      "# Commands",
      "",
      "Made from the definitions of the commands by `npx tsx tools/command-docs.ts`. Data goes to standard output, everything else to standard error.",
      "",
      "| command | what it does |",
      "| --- | --- |",
      ...rows,
      "",
      "## Exit status",
      "",
      "| status | meaning |",
      "| --- | --- |",
      ...statuses,
      "",
    ].join("\n"),
  );
  return pages;
}

function page(command: CommandDefinition): string {
  const { name, summary, description, aliases = [], examples = [] } = command;
  const words = [name, ...(command.arguments ?? []).map((argument) => argument.name)];
  const lines = [
    `# stigmer ${name}`,
    "",
    `${description ?? `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`}`,
    "",
  ];
  lines.push("```sh", `stigmer ${words.join(" ")}${command.options === undefined ? "" : " [options]"}`, "```", "");
  if (aliases.length > 0) lines.push(`Also: ${aliases.map((alias) => `\`stigmer ${alias}\``).join(", ")}.`, "");
  lines.push(
    ...rows(
      "argument",
      (command.arguments ?? []).map((argument) => [argument.name, argument.description]),
    ),
  );
  lines.push(
    ...rows(
      "option",
      (command.options ?? []).map((option) => [
        option.flags,
        `${option.description}${option.default === undefined ? "" : ` (default: \`${option.default}\`)`}`,
      ]),
    ),
  );
  if (examples.length > 0) lines.push("```sh", ...examples, "```", "");
  return `${lines.join("\n").trimEnd()}\n`;
}

function rows(title: string, entries: readonly (readonly [string, string])[]): readonly string[] {
  if (entries.length === 0) return [];
  return [`| ${title} | |`, "| --- | --- |", ...entries.map(([name, text]) => `| \`${name}\` | ${cell(text)} |`), ""];
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

if (process.argv[1] === import.meta.filename) {
  mkdirSync(commandPagesPath, { recursive: true });
  for (const file of readdirSync(commandPagesPath)) rmSync(path.join(commandPagesPath, file));
  for (const [file, text] of commandPages()) writeFileSync(path.join(commandPagesPath, file), text);
}
