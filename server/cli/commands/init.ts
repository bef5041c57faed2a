import path from "node:path";
import { type CommandDefinition, dryRunOption, textOption } from "../command.ts";
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
      completes: ["hello", "http", "approval"],
    },
    dryRunOption,
  ],
  examples: ["stigmer init hello-world", "stigmer init prices --template http"],
  async run({ terminal, arguments: [folder = "."], options }) {
    const [{ templates }, { writeProject }, { didYouMean }] = await Promise.all([
      import("../templates.ts"),
      import("../write-project.ts"),
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
    await writeProject(terminal, folder, files, options["dryRun"] === true);
    terminal.say(
      terminal.colors.dim(`next: stigmer test ${folder}, then stigmer run ${path.join(folder, "workflow.yaml")}`),
    );
    return exit.ok;
  },
};
