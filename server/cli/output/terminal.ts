import type { Writable } from "node:stream";
import pc from "picocolors";

/** Where a command writes: data on `out`, everything else on `err`. Colour and live output only where a person looks. */
export interface Terminal {
  /** Writes data to standard output. */
  out(text: string): void;
  /** Writes a line for people to standard error. */
  say(line: string): void;
  /** Whether standard error is a terminal: live views draw there. */
  readonly live: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly colors: ReturnType<typeof pc.createColors>;
  readonly err: Writable;
}

/** The process's own terminal. NO_COLOR and FORCE_COLOR are honoured; a closed pipe ends the process quietly, as `head` expects. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
  const live = process.stderr.isTTY === true && process.env["TERM"] !== "dumb" && process.env["CI"] === undefined;
  const colored = process.env["NO_COLOR"] === undefined && (live || process.env["FORCE_COLOR"] !== undefined);
  return {
    out: (text) => void process.stdout.write(text),
    say: (line) => void process.stderr.write(`${line}\n`),
    live,
    columns: process.stderr.columns ?? 100,
    rows: process.stderr.rows ?? 30,
    colors: pc.createColors(colored),
    err: process.stderr,
  };
}
