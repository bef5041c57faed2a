import { type CommandDefinition, connectionOptions, dryRunOption, listOption, outputOptions } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer apply`: creates or updates what files describe. Everything is checked before anything is sent. */
export const apply: CommandDefinition = {
  name: "apply",
  summary: "create or update workflows and other resources from files",
  description:
    "Creates or updates workflows (definitions of the Open Workflow Specification) and other resources (apiVersion, kind, metadata, spec). All files are checked before the first is sent.",
  options: [
    {
      flags: "-f, --file <path>",
      description: "file, folder (every definition and resource below it) or - (repeatable)",
      repeatable: true,
    },
    dryRunOption,
    { flags: "--detailed-exitcode", description: "10 when nothing changed, 11 when something did" },
    ...outputOptions,
    ...connectionOptions,
  ],
  examples: [
    "stigmer apply -f workflow.yaml",
    "stigmer apply -f examples/ --dry-run",
    "cat workflow.yaml | stigmer apply -f -",
  ],
  async run({ terminal, options }) {
    const files = listOption(options, "file");
    if (files.length === 0) throw new CliError(exit.usage, "Cannot apply nothing: name a file, a folder or - with -f");
    const [
      { sourceFiles, showDiagnostics },
      { readResources, applyResource },
      { connection, explain },
      { checkFormat, isPlain, print },
    ] = await Promise.all([
      import("../definitions.ts"),
      import("../resources.ts"),
      import("../connection.ts"),
      import("../output/print.ts"),
    ]);
    const { resources, diagnostics } = readResources(await sourceFiles(files, terminal, ["definition", "resource"]));
    showDiagnostics(terminal, diagnostics);
    if (diagnostics.some(({ severity }) => severity === "error")) return exit.invalid;
    const server = await connection(options);
    const dryRun = options["dryRun"] === true;
    const plain = isPlain(options);
    checkFormat(options);
    const applied = [];
    try {
      for (const resource of resources) {
        const result = await applyResource(server, resource, dryRun);
        applied.push(result);
        const words = `${result.outcome}${dryRun ? " (dry run)" : ""}`;
        if (plain)
          terminal.say(
            `${result.kind}/${result.name} ${words}  ${terminal.colors.dim([result.id, result.revision].filter((part) => part !== "").join("  "))}`,
          );
      }
    } catch (error) {
      throw explain(error, server.address);
    }
    if (!isPlain(options)) {
      const items = applied.map(({ kind, name, id, revision, outcome }) => ({
        name: `${kind}/${name}`,
        row: [`${kind}/${name}`, outcome],
        wide: [id, revision],
        json: { kind, name, id, revision, outcome },
      }));
      await print(terminal, { columns: ["resource", "outcome"], wide: ["id", "revision"], items }, options);
    }
    const workflow = applied.find(({ kind }) => kind === "workflow");
    if (plain && workflow !== undefined && !dryRun)
      terminal.say(terminal.colors.dim(`next: stigmer run ${workflow.name}`));
    if (options["detailedExitcode"] === true) return applied.every(({ outcome }) => outcome === "unchanged") ? 10 : 11;
    return exit.ok;
  },
};
