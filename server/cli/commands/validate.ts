import { type CommandDefinition, textOption } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer validate` (also `lint`): checks definitions without a server. */
export const validate: CommandDefinition = {
  name: "validate",
  aliases: ["lint"],
  summary: "check definitions: shape, references, expressions, schedules and habits",
  description:
    "Checks definitions without a server. Of a folder it takes what has `document` or `do` at the top and leaves other files out, saying how many; a file that is named is checked whatever is in it.",
  arguments: [{ name: "<files...>", description: "files, folders, or - for standard input" }],
  options: [
    {
      flags: "-o, --output <format>",
      description: "text, json or sarif",
      default: "text",
      completes: ["text", "json", "sarif"],
    },
    { flags: "--strict", description: "warnings fail too" },
  ],
  examples: ["stigmer validate workflow.yaml", "stigmer lint . -o sarif > findings.sarif"],
  async run({ terminal, arguments: files, options }) {
    const [{ sourceFiles, showDiagnostics }, { loadWorkflows }] = await Promise.all([
      import("../definitions.ts"),
      import("@stigmer/core/check/load.ts"),
    ]);
    const format = textOption(options, "output") ?? "text";
    if (!["text", "json", "sarif"].includes(format))
      throw new CliError(exit.usage, `Cannot print as "${format}": it should be text, json or sarif`);
    const sources = await sourceFiles(files, terminal);
    const loaded = sources.flatMap(({ file, text }) => loadWorkflows(text, { file }));
    const diagnostics = loaded.flatMap((workflow) => workflow.diagnostics);
    const errors = diagnostics.filter(({ severity }) => severity === "error").length;
    const warnings = diagnostics.filter(({ severity }) => severity === "warning").length;
    if (format === "json") {
      const { diagnosticToJson } = await import("@stigmer/core/dsl/diagnostic/render-json.ts");
      terminal.out(`${JSON.stringify(diagnostics.map(diagnosticToJson), null, 2)}\n`);
    } else if (format === "sarif") {
      const [{ diagnosticsToSarif }, { diagnosticCodes }, { version }] = await Promise.all([
        import("@stigmer/core/dsl/diagnostic/render-sarif.ts"),
        import("@stigmer/core/check/catalogue.ts"),
        import("../../config/version.ts"),
      ]);
      terminal.out(`${JSON.stringify(diagnosticsToSarif(diagnostics, diagnosticCodes, version), null, 2)}\n`);
    } else {
      showDiagnostics(terminal, diagnostics);
      const checked = `${loaded.length} workflow${loaded.length === 1 ? "" : "s"} in ${sources.length} file${sources.length === 1 ? "" : "s"}`;
      terminal.say(
        errors + warnings === 0
          ? `${terminal.colors.green("valid:")} ${checked}`
          : `${checked}: ${errors} error${errors === 1 ? "" : "s"}, ${warnings} warning${warnings === 1 ? "" : "s"}`,
      );
    }
    return errors > 0 || (options["strict"] === true && warnings > 0) ? exit.invalid : exit.ok;
  },
};
