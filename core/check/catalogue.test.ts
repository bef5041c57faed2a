import { expect, test } from "vitest";
import { diagnosticCodes } from "./catalogue.ts";

/** The reference page, from the explanations beside the rules; `vitest -u` writes it. */
function page(): string {
  const intro = [
    "# Diagnostics",
    "What Stigmer says about a workflow definition: `OW1xxx` are errors, which refuse the definition; `OW2xxx` are warnings and remarks. `stigmer explain <code>` shows the same texts. This page is made from the sources of the checks.",
    [
      "| code | name | severity | |",
      "| --- | --- | --- | --- |",
      ...diagnosticCodes.map(
        ({ code, name, severity, summary }) =>
          `| [${code}](#${code.toLowerCase()}) | ${name} | ${severity} | ${summary.replaceAll("|", "\\|")} |`,
      ),
    ].join("\n"),
  ];
  const sections = diagnosticCodes.flatMap(({ code, name, severity, summary, explanation }) => [
    `## ${code}`,
    `**${name}** (${severity}): ${summary}`,
    explanation,
  ]);
  return `${[...intro, ...sections].join("\n\n")}\n`;
}

test("docs/reference/diagnostics.md has every code with its explanation", async () => {
  await expect(page()).toMatchFileSnapshot("../../docs/reference/diagnostics.md");
});
