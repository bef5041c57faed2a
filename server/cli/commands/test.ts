import type { Coverage } from "../testing/coverage.ts";
import type { CaseResult } from "../testing/run-case.ts";
import { type CommandDefinition, textOption } from "../command.ts";
import { CliError, exit } from "../exit.ts";
import type { Terminal } from "../output/terminal.ts";

/** What came of one file of tests. */
interface FileResult {
  readonly file: string;
  readonly results: readonly CaseResult[];
  readonly coverage: Coverage;
}

/** `stigmer test`: runs `*.test.yaml` files with mocks and a virtual clock; no server, no network, no waiting. */
export const test: CommandDefinition = {
  name: "test",
  summary: "test workflows with mocks and a virtual clock",
  description:
    "Runs the cases of *.test.yaml files, which stand beside their workflows. Calls are answered by the mocks of a case and time is virtual: a wait of thirty days takes no time. Nothing outside is touched and no server is needed.",
  arguments: [
    { name: "[paths...]", description: "test files, or folders that are searched for them (default: this folder)" },
  ],
  options: [
    { flags: "-o, --output <format>", description: "text, json or junit", default: "text" },
    { flags: "--coverage", description: "say which tasks and branches no case reaches" },
    { flags: "--only <text>", description: "run only the cases whose name contains this" },
  ],
  examples: ["stigmer test", "stigmer test examples --coverage", "stigmer test -o junit > results.xml"],
  async run({ terminal, arguments: paths, options, signal }) {
    const format = textOption(options, "output") ?? "text";
    if (!["text", "json", "junit"].includes(format))
      throw new CliError(exit.usage, `Cannot print as "${format}": it should be text, json or junit`);
    const [
      { testFiles },
      { readTestFile },
      { runCase },
      { coverage },
      { showDiagnostics },
      { readSource },
      { compileProgram },
    ] = await Promise.all([
      import("../testing/test-files.ts"),
      import("../testing/test-file.ts"),
      import("../testing/run-case.ts"),
      import("../testing/coverage.ts"),
      import("../definitions.ts"),
      import("../input.ts"),
      import("@stigmer/core/interpreter/compile.ts"),
    ]);
    const only = textOption(options, "only") ?? "";
    const done: FileResult[] = [];
    let invalid = 0;
    for (const file of await testFiles(paths.length === 0 ? ["."] : paths)) {
      if (signal.aborted) return exit.interrupted;
      const { tests, diagnostics } = await readTestFile(file, await readSource(file), readSource);
      showDiagnostics(terminal, diagnostics);
      if (tests === undefined) {
        invalid += 1;
        continue;
      }
      const program = compileProgram(tests.document);
      const results = tests.cases.filter(({ name }) => name.includes(only)).map((one) => runCase(tests, one, program));
      const reached = coverage(
        tests.document,
        results.map(({ trace }) => trace),
      );
      done.push({ file, results, coverage: reached });
    }
    const cases = done.flatMap(({ results }) => results);
    if (only !== "" && cases.length === 0 && invalid === 0)
      throw new CliError(exit.notFound, `Cannot run the cases named "${only}": there is none`);
    const failed = cases.filter(({ differences }) => differences.length > 0).length;
    if (format === "junit") terminal.out((await import("../testing/junit.ts")).junit(done));
    else if (format === "json") terminal.out(`${JSON.stringify(done.map(resultJson), null, 2)}\n`);
    else showResults(terminal, done, options["coverage"] === true);
    const refused = invalid === 0 ? "" : `, ${invalid} ${invalid === 1 ? "file" : "files"} not valid`;
    const { green, red } = terminal.colors;
    const total = `${cases.length - failed} passed, ${failed} failed${refused}`;
    terminal.say(failed + invalid === 0 ? green(total) : red(total));
    return invalid > 0 ? exit.invalid : failed > 0 ? exit.failed : exit.ok;
  },
};

function showResults({ out, colors }: Terminal, files: readonly FileResult[], withCoverage: boolean): void {
  for (const { file, results, coverage } of files) {
    out(`${colors.bold(file)}\n`);
    for (const { name, line, differences } of results) {
      out(
        differences.length === 0
          ? `  ${colors.green("pass")}  ${name}\n`
          : `  ${colors.red("FAIL")}  ${name}  ${colors.dim(`${file}:${line}`)}\n`,
      );
      for (const difference of differences) out(`          ${difference}\n`);
    }
    if (!withCoverage) continue;
    for (const [what, { total, missed }] of Object.entries(coverage) as [string, Coverage["tasks"]][]) {
      out(`  ${what}: ${total - missed.length} of ${total}\n`);
      for (const { name, pointer } of missed)
        out(`    ${colors.yellow("not reached")}  ${name}  ${colors.dim(pointer)}\n`);
    }
  }
}

function resultJson({ file, results, coverage }: FileResult): unknown {
  const places = ({ total, missed }: Coverage["tasks"]) => ({
    total,
    missed: missed.map(({ name, pointer }) => ({ name, pointer })),
  });
  return {
    file,
    cases: results.map(({ name, line, differences }) => ({
      name,
      line,
      passed: differences.length === 0,
      differences,
    })),
    coverage: { tasks: places(coverage.tasks), branches: places(coverage.branches) },
  };
}
