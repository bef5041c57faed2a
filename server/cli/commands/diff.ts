import { type CommandDefinition, connectionOptions, listOption, outputOptions } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer diff`: what `apply` would change, checked by the server; 0 nothing, 1 something, more than 1 an error. */
export const diff: CommandDefinition = {
  name: "diff",
  summary: "show what apply would change",
  description:
    "Lets the server check files as `apply` would, stores nothing, and shows what would change as a unified diff of definitions. The exit status is 0 when nothing differs, 1 when something does, and more than 1 on an error.",
  options: [
    {
      flags: "-f, --file <path>",
      description: "file, folder (every definition and resource below it) or - (repeatable)",
      repeatable: true,
    },
    ...outputOptions,
    ...connectionOptions,
  ],
  examples: ["stigmer diff -f workflow.yaml", "stigmer diff -f workflows/ -o json --jq '.[].changes[].pointer'"],
  async run({ terminal, options }) {
    const files = listOption(options, "file");
    if (files.length === 0)
      throw new CliError(exit.usage, "Cannot compare nothing: name a file, a folder or - with -f");
    const [
      { sourceFiles, showDiagnostics },
      { readResources },
      { difference },
      { connection, explain },
      { isPlain, print },
    ] = await Promise.all([
      import("../definitions.ts"),
      import("../resources.ts"),
      import("../difference.ts"),
      import("../connection.ts"),
      import("../output/print.ts"),
    ]);
    const { resources, diagnostics } = readResources(await sourceFiles(files, terminal, ["definition", "resource"]));
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    showDiagnostics(terminal, errors);
    if (errors.length > 0) return exit.invalid;
    const server = await connection(options);
    const found = [];
    try {
      for (const resource of resources) found.push(await difference(server, resource));
    } catch (error) {
      const told = explain(error, server.address);
      // 1 means that something differs, so whatever goes wrong is more.
      throw told.status === exit.failed ? new CliError(exit.invalid, told.message, told.hint) : told;
    }
    const { colors } = terminal;
    if (isPlain(options)) {
      for (const { kind, name, outcome, text } of found) {
        const words = { created: "would be created", configured: "would be configured", unchanged: "is unchanged" };
        terminal.say(`${kind}/${name} ${words[outcome]}`);
        for (const line of text.split("\n").slice(0, -1))
          terminal.out(
            `${line.startsWith("+") ? colors.green(line) : line.startsWith("-") ? colors.red(line) : line}\n`,
          );
      }
    } else {
      const items = found.map((one) => ({
        name: `${one.kind}/${one.name}`,
        row: [`${one.kind}/${one.name}`, one.outcome, String(one.changes.length)],
        json: one as never,
      }));
      await print(terminal, { columns: ["resource", "outcome", "changes"], items }, options);
    }
    return found.every(({ outcome }) => outcome === "unchanged") ? exit.ok : exit.failed;
  },
};
