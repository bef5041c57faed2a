import path from "node:path";
import { type CommandDefinition, dryRunOption, outputOptions } from "../command.ts";
import { exit } from "../exit.ts";

/** `stigmer examples`: workflows that ship with the product, to read, test and start from. */
export const examples: CommandDefinition = {
  name: "examples",
  summary: "list the examples, or write one with its tests",
  arguments: [
    { name: "[name]", description: "the example to write; without one, all are listed", completes: "example" },
    { name: "[folder]", description: "where to write it (default: a folder of its name)" },
  ],
  options: [dryRunOption, ...outputOptions],
  examples: ["stigmer examples", "stigmer examples order-saga", "stigmer examples retry-with-backoff calls"],
  async run({ terminal, arguments: [name, folder], options }) {
    const [{ exampleNamed, shippedExamples }, { writeProject }, { print }] = await Promise.all([
      import("../shipped-examples.ts"),
      import("../write-project.ts"),
      import("../output/print.ts"),
    ]);
    const all = await shippedExamples();
    if (name === undefined) {
      const items = all.map((one) => ({
        name: one.name,
        row: [one.name, one.title],
        wide: [Object.keys(one.files).join(" ")],
        json: { name: one.name, title: one.title, files: Object.keys(one.files) },
      }));
      await print(terminal, { columns: ["name", "title"], wide: ["files"], items }, options);
      return exit.ok;
    }
    const example = exampleNamed(all, name);
    const where = folder ?? example.name;
    await writeProject(terminal, where, example.files, options["dryRun"] === true);
    const workflow = path.join(where, "workflow.yaml");
    terminal.say(terminal.colors.dim(`next: stigmer test ${where}, then stigmer run ${workflow}`));
    return exit.ok;
  },
};
