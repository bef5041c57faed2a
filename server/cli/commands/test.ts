import type { Coverage } from "../testing/coverage.ts";
import type { CaseResult } from "../testing/run-case.ts";
import { type CommandDefinition, type Invocation, connectionOptions, dryRunOption, textOption } from "../command.ts";
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
    {
      flags: "-o, --output <format>",
      description: "text, json or junit",
      default: "text",
      completes: ["text", "json", "junit"],
    },
    { flags: "--coverage", description: "say which tasks and branches no case reaches" },
    { flags: "--only <text>", description: "run only the cases whose name contains this" },
    { flags: "-w, --watch", description: "run again whenever a file below the folders changes, until Ctrl-C" },
    {
      flags: "--record <execution>",
      description: "write a test of a real run instead, into the folder given (default: this folder)",
      completes: "execution",
    },
    dryRunOption,
    ...connectionOptions,
  ],
  examples: [
    "stigmer test",
    "stigmer test examples --coverage",
    "stigmer test --watch",
    "stigmer test -o junit > results.xml",
    "stigmer test --record wex-01kf3v6n8q2w4x5y7z9a1b2c3d hello",
  ],
  async run(invocation) {
    if (textOption(invocation.options, "record") !== undefined) return record(invocation);
    if (invocation.options["watch"] !== true) return runTests(invocation);
    const { watchFiles } = await import("../watch-files.ts");
    const { arguments: paths, terminal, signal } = invocation;
    return watchFiles(paths.length === 0 ? ["."] : paths, terminal, signal, () => runTests(invocation));
  },
};

/** Writes a test of a run that a server has. */
async function record({ terminal, arguments: [folder = "."], options }: Invocation): Promise<number> {
  const [{ connection, explain }, { recordRun, writeRecording }, { default: path }] = await Promise.all([
    import("../connection.ts"),
    import("../testing/record-run.ts"),
    import("node:path"),
  ]);
  const server = await connection(options);
  const dryRun = options["dryRun"] === true;
  try {
    const recording = await recordRun(server, textOption(options, "record") ?? "", folder);
    if (!dryRun) await writeRecording(folder, recording);
    for (const file of Object.keys(recording.files))
      terminal.say(`${dryRun ? "would write" : "wrote"} ${path.join(folder, file)}`);
    for (const note of recording.notes) terminal.say(`${terminal.colors.yellow("note:")} ${note}`);
    if (!dryRun) terminal.say(terminal.colors.dim(`next: stigmer test ${folder}`));
    return exit.ok;
  } catch (error) {
    throw explain(error, server.address);
  }
}

async function runTests({ terminal, arguments: paths, options, signal }: Invocation): Promise<number> {
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
}

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
