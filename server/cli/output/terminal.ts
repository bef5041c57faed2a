import type { Writable } from "node:stream";
import pc from "picocolors";
import { CliError, exit } from "../exit.ts";

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

/**
 * The process's own terminal. NO_COLOR and FORCE_COLOR are honoured. A reader that has had enough ends the process quietly, as `head` expects; output that cannot be written for another reason (a full
 * disk) is an error. What is said on standard error is never a reason to stop: a server would end without its drain because nobody reads its log.
 */
export function processTerminal(): Terminal {
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isGone(error)) process.exit(exit.ok);
    whisper(`error: ${unwritten(error).message}\n`);
    process.exit(exit.failed);
  });
  const live = process.stderr.isTTY === true && process.env["TERM"] !== "dumb" && process.env["CI"] === undefined;
  const colored = process.env["NO_COLOR"] === undefined && (live || process.env["FORCE_COLOR"] !== undefined);
  return {
    out(text) {
      try {
        process.stdout.write(text);
      } catch (error) {
        // Files and devices are written at once, so their faults come here.
        if (isGone(error as NodeJS.ErrnoException)) process.exit(exit.ok);
        throw unwritten(error as NodeJS.ErrnoException);
      }
    },
    say: (line) => whisper(`${line}\n`),
    live,
    columns: process.stderr.columns ?? 100,
    rows: process.stderr.rows ?? 30,
    colors: pc.createColors(colored),
    err: process.stderr,
  };
}

/** A closed pipe or terminal. */
const isGone = ({ code }: NodeJS.ErrnoException): boolean => code === "EPIPE" || code === "EIO";

function unwritten({ code, message }: NodeJS.ErrnoException): CliError {
  const reason = { ENOSPC: "the disk is full", EBADF: "standard output is closed" }[code ?? ""] ?? message;
  return new CliError(exit.failed, `Cannot write the output: ${reason}`);
}

function whisper(text: string): void {
  try {
    process.stderr.write(text);
  } catch {
    // Nobody can be told.
  }
}
