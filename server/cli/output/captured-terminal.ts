import { Writable } from "node:stream";
import pc from "picocolors";
import type { Terminal } from "./terminal.ts";

/** A terminal that keeps what it is told as text: no colour, nothing live. For tests, and where one command runs another. */
export function capturedTerminal(): Terminal & { readonly stdout: () => string; readonly stderr: () => string } {
  let stdout = "";
  let stderr = "";
  return {
    out: (text) => void (stdout += text),
    say: (line) => void (stderr += `${line}\n`),
    live: false,
    columns: 100,
    rows: 30,
    colors: pc.createColors(false),
    err: new Writable({
      write(chunk: Buffer, _encoding, done) {
        stderr += chunk.toString("utf8");
        done();
      },
    }),
    stdout: () => stdout,
    stderr: () => stderr,
  };
}
