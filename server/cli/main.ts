import { commandLine } from "./command-line.ts";
import { exit } from "./exit.ts";
import { type Terminal, processTerminal } from "./output/terminal.ts";
import { report } from "./report.ts";

/*
 * The entry of the one binary: reads the command line, runs one command, and turns every failure into one clear message and an exit status. Data goes to standard output, all else to
 * standard error.
 */

/** Runs the command line and resolves to the exit status. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const abort = new AbortController();
  let signals = 0;
  const interrupt = (): void => {
    signals += 1;
    if (signals > 1) process.exit(exit.interrupted);
    abort.abort();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  let status: number = exit.ok;
  const program = commandLine(async (definition, parsed) => {
    status = await definition.run({
      terminal,
      arguments: parsed.processedArgs.flat().filter((value) => value !== undefined),
      options: parsed.opts(),
      signal: abort.signal,
    });
  });
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return exit.ok;
    }
    await program.parseAsync(argv, { from: "user" });
    return status;
  } catch (error) {
    return report(error, terminal);
  }
}

const status = await main(process.argv.slice(2), processTerminal());
// Open connections would keep the process alive; what was written goes out first.
process.stdout.write("", () => process.exit(status));
