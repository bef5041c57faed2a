import type { CommandDefinition } from "../command.ts";
import { CliError, exit } from "../exit.ts";

const NAMES = ["workflow", "test"];

/** `stigmer schema`: the JSON Schema by which editors complete and check files. */
export const schema: CommandDefinition = {
  name: "schema",
  summary: "print the JSON Schema of workflow or test files, for editors",
  description:
    "Prints the JSON Schema (draft 7) of workflow definitions or of *.test.yaml files, made from the shapes that `stigmer validate` checks by. Editors find it by the first line of a file: `# yaml-language-server: $schema=PATH`; `stigmer init` and `stigmer examples` write both.",
  arguments: [{ name: "[file]", description: "workflow (the default) or test", completes: NAMES }],
  options: [{ flags: "--modeline <path>", description: "print the line that names the schema at this path instead" }],
  examples: [
    "stigmer schema > workflow.schema.json",
    "stigmer schema test > test.schema.json",
    "stigmer schema --modeline ./workflow.schema.json",
  ],
  async run({ terminal, arguments: [name = "workflow"], options }) {
    const [{ testFileSchema, workflowSchema }, { modeline }, { didYouMean }] = await Promise.all([
      import("../schema/schemas.ts"),
      import("../write-project.ts"),
      import("@stigmer/core/lib/did-you-mean.ts"),
    ]);
    if (!NAMES.includes(name)) {
      const near = didYouMean(name, NAMES);
      throw new CliError(
        exit.usage,
        `Cannot print the schema of "${name}": it should be workflow or test`,
        near === undefined ? undefined : `did you mean "${near}"?`,
      );
    }
    const line = options["modeline"];
    if (typeof line === "string") terminal.out(modeline(line));
    else terminal.out(`${JSON.stringify(name === "test" ? testFileSchema() : workflowSchema(), null, 2)}\n`);
    return exit.ok;
  },
};
