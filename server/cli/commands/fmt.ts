import type { CommandDefinition } from "../command.ts";
import { exit } from "../exit.ts";

/** `stigmer fmt`: formats definitions in place; `-` formats standard input to standard output. */
export const fmt: CommandDefinition = {
  name: "fmt",
  summary: "format definitions; comments are kept",
  arguments: [
    { name: "<files...>", description: "files, folders (every definition below them), or - for standard input" },
  ],
  options: [{ flags: "--check", description: "change nothing; list what is not formatted and exit with 1" }],
  examples: ["stigmer fmt workflow.yaml", "stigmer fmt --check .", "stigmer fmt - < workflow.yaml"],
  async run({ terminal, arguments: files, options }) {
    const [{ sourceFiles, showDiagnostics }, { formatWorkflow }, { replaceFile }] = await Promise.all([
      import("../definitions.ts"),
      import("@stigmer/core/dsl/format.ts"),
      import("../replace-file.ts"),
    ]);
    const check = options["check"] === true;
    let unformatted = 0;
    let unreadable = 0;
    for (const { file, text } of await sourceFiles(files, terminal)) {
      const formatted = formatWorkflow(text, { file });
      showDiagnostics(terminal, formatted.diagnostics);
      if (formatted.diagnostics.some(({ severity }) => severity === "error")) {
        unreadable += 1;
        continue;
      }
      const changed = formatted.text !== text;
      if (changed) unformatted += 1;
      if (check) {
        if (changed) terminal.out(`${file}\n`);
      } else if (file === "standard input") terminal.out(formatted.text);
      else if (changed) {
        await replaceFile(file, formatted.text);
        terminal.say(`formatted ${file}`);
      }
    }
    return unreadable > 0 ? exit.invalid : check && unformatted > 0 ? exit.failed : exit.ok;
  },
};
