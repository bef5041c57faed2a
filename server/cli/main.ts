import { commandLine } from "./command-line.ts";
import { COMPLETE } from "./completion-script.ts";
import { exit } from "./exit.ts";
import { type Terminal, processTerminal } from "./output/terminal.ts";
import { report } from "./report.ts";

/*
 * The entry of the one binary: reads the command line, runs one command, and turns every failure into one clear message and an exit status. Data goes to standard output, all else to
 * standard error.
 */

/** Runs the command line and resolves to the exit status. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  if (argv[0] === COMPLETE) return complete(argv.slice(1), terminal);
  const abort = new AbortController();
  let endsItself = false;
  const interrupt = (name: NodeJS.Signals): void => {
    // A second signal means: now.
    if (abort.signal.aborted || !endsItself) process.exit(name === "SIGTERM" ? exit.terminated : exit.interrupted);
    abort.abort();
  };
  // A terminal that closes says SIGHUP: as good a reason to stop in order as any.
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt).on("SIGHUP", interrupt);
  let status: number = exit.ok;
  const program = commandLine(async (definition, parsed) => {
    endsItself = definition.endsItself === true;
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

/** Answers a shell: one candidate a line, what it is after a tab. */
async function complete(words: readonly string[], terminal: Terminal): Promise<number> {
  const [{ candidates }, { commands }] = await Promise.all([import("./completion.ts"), import("./commands/index.ts")]);
  const found = await candidates(commands, [...words.slice(0, -1), (words.at(-1) ?? "").replace(/^=/u, "")]);
  terminal.out(found.map(({ value, about }) => (about === "" ? `${value}\n` : `${value}\t${about}\n`)).join(""));
  return exit.ok;
}

const status = await main(process.argv.slice(2), processTerminal());
// Open connections would keep the process alive; what was written goes out first.
process.stdout.write("", (error) => {
  // The handler of such errors has said it already, or is about to.
  if (error === undefined || error === null) process.exit(status);
});
