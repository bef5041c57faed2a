import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { type CommandDefinition, textOption } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer init`: a workflow to start from, with its tests. */
export const init: CommandDefinition = {
  name: "init",
  summary: "write a workflow to start from, with its tests",
  arguments: [{ name: "[folder]", description: "where to write (default: this folder); made when it is not there" }],
  options: [
    {
      flags: "-t, --template <name>",
      description: "hello, http (a call with retries) or approval (an event or a timeout)",
      default: "hello",
    },
  ],
  examples: ["stigmer init hello-world", "stigmer init prices --template http"],
  async run({ terminal, arguments: [folder = "."], options }) {
    const [{ templates }, { didYouMean }] = await Promise.all([
      import("../templates.ts"),
      import("@stigmer/core/lib/did-you-mean.ts"),
    ]);
    const name = textOption(options, "template") ?? "hello";
    const files = templates.get(name);
    if (files === undefined) {
      const near = didYouMean(name, templates.keys());
      const names = [...templates.keys()].join(", ");
      throw new CliError(
        exit.usage,
        `Cannot use the template "${name}": templates are ${names}`,
        near === undefined ? undefined : `did you mean "${near}"?`,
      );
    }
    const paths = Object.keys(files).map((file) => path.join(folder, file));
    const present = paths.find((file) => existsSync(file));
    if (present !== undefined)
      throw new CliError(exit.notFound, `Cannot write "${present}": it is already there, and init overwrites nothing`);
    await mkdir(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      await writeFile(path.join(folder, file), text, { flag: "wx" });
      terminal.say(`wrote ${path.join(folder, file)}`);
    }
    terminal.say(
      terminal.colors.dim(`next: stigmer test ${folder}, then stigmer run ${path.join(folder, "workflow.yaml")}`),
    );
    return exit.ok;
  },
};
