import type { CommandDefinition } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer explain`: the long form of a diagnostic code. */
export const explain: CommandDefinition = {
  name: "explain",
  summary: "explain a diagnostic code",
  arguments: [{ name: "[code]", description: "a code such as OW1012, or its name; without one, all codes are listed" }],
  examples: ["stigmer explain OW1012", "stigmer explain then-target-exists"],
  async run({ terminal, arguments: [code] }) {
    const [{ diagnosticCodes, explainCode }, { testCodes }, { table }] = await Promise.all([
      import("@stigmer/core/check/catalogue.ts"),
      import("../testing/test-codes.ts"),
      import("../output/table.ts"),
    ]);
    if (code === undefined) {
      terminal.out(
        table(
          ["code", "severity", "name", "summary"],
          [...diagnosticCodes, ...Object.values(testCodes)].map((entry) => [
            entry.code,
            entry.severity,
            entry.name,
            entry.summary,
          ]),
        ),
      );
      return exit.ok;
    }
    const wanted = code.toLowerCase();
    const entry =
      explainCode(code) ??
      Object.values(testCodes).find((one) => one.code.toLowerCase() === wanted || one.name === wanted);
    if (entry === undefined)
      throw new CliError(
        exit.notFound,
        `Cannot explain "${code}": there is no such code`,
        "run `stigmer explain` for the list",
      );
    terminal.out(`${entry.code} ${entry.name} (${entry.severity})\n${entry.summary}\n\n${entry.explanation.trim()}\n`);
    return exit.ok;
  },
};
