import { type CommandDefinition, outputOptions } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer explain`: the long form of a diagnostic code. */
export const explain: CommandDefinition = {
  name: "explain",
  summary: "explain a diagnostic code",
  arguments: [
    {
      name: "[code]",
      description: "a code such as OW1012, or its name; without one, all codes are listed",
      completes: "code",
    },
  ],
  options: outputOptions,
  examples: ["stigmer explain OW1012", "stigmer explain then-target-exists"],
  async run({ terminal, arguments: [code], options }) {
    const [{ diagnosticCodes: all, explainCode }, { checkFormat, isPlain, print }, { didYouMean }] = await Promise.all([
      import("@stigmer/core/check/catalogue.ts"),
      import("../output/print.ts"),
      import("@stigmer/core/lib/did-you-mean.ts"),
    ]);
    checkFormat(options);
    const item = ({ code: name, severity, name: rule, summary, explanation }: (typeof all)[number]) => ({
      name,
      row: [name, severity, rule, summary],
      json: { code: name, severity, name: rule, summary, explanation },
    });
    const columns = ["code", "severity", "name", "summary"];
    if (code === undefined) {
      await print(terminal, { columns, items: all.map(item) }, options);
      return exit.ok;
    }
    const entry = explainCode(code);
    if (entry === undefined) {
      const near = didYouMean(code, code.startsWith("OW") ? all.map((one) => one.code) : all.map((one) => one.name));
      throw new CliError(
        exit.notFound,
        `Cannot explain "${code}": there is no such code`,
        near === undefined ? "run `stigmer explain` for the list" : `did you mean "${near}"?`,
      );
    }
    if (!isPlain(options)) {
      await print(terminal, { columns, items: [item(entry)], single: true }, options);
      return exit.ok;
    }
    terminal.out(`${entry.code} ${entry.name} (${entry.severity})\n${entry.summary}\n\n${entry.explanation.trim()}\n`);
    return exit.ok;
  },
};
