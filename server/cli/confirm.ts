import { CliError, exit } from "./exit.ts";
import type { OptionValues } from "./command.ts";
import type { Terminal } from "./output/terminal.ts";

/** Whether a destructive action may go on: `--yes` says so, else a person at a terminal is asked; off a terminal it is refused. `deed` is the verb with its object, such as `delete 2 workflows (a, b)`. */
export async function confirmed(terminal: Terminal, options: OptionValues, deed: string): Promise<boolean> {
  if (options["yes"] === true || options["dryRun"] === true) return true;
  if (!terminal.live || process.stdin.isTTY !== true)
    throw new CliError(exit.usage, `Cannot ${deed} without asking: give --yes`);
  const { createInterface } = await import("node:readline/promises");
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await ask.question(`${deed.charAt(0).toUpperCase()}${deed.slice(1)}? [y/N] `);
  ask.close();
  return /^y(es)?$/iu.test(answer.trim());
}
