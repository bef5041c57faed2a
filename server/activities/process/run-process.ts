import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activity.ts";

/** A process to start. Nothing is inherited: the environment is just `env`. */
export interface ProcessSpec {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin: string;
  /** Contents of further file descriptors, from 3 on; each is a pipe that holds the text and then ends. */
  readonly descriptors?: readonly string[];
  readonly outputBytesMax: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How a process ended; `code` is 128 + the signal's number where a signal ended it, as shells say it. */
export interface ProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a process to its end. It and all it started are killed when the signal aborts, its time is up, or it writes more than it may; the two latter are faults. */
export async function runProcess(spec: ProcessSpec): Promise<ProcessResult> {
  if (spec.signal.aborted) throw stopped();
  const descriptors = spec.descriptors ?? [];
  const child = spawn(spec.command, [...spec.arguments], {
    env: { ...spec.env },
    cwd: spec.cwd,
    detached: true,
    stdio: ["pipe", "pipe", "pipe", ...descriptors.map(() => "pipe" as const)],
  });
  return new Promise((resolve, reject) => {
    let failure: ActivityFault | undefined;
    const kill = (why: ActivityFault): void => {
      failure ??= why;
      try {
        // The whole group: what a shell started must not outlive it.
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    };
    const onAbort = (): void => kill(stopped());
    const timer = setTimeout(() => kill(overdue(spec.timeoutMs)), spec.timeoutMs);
    spec.signal.addEventListener("abort", onAbort, { once: true });
    const stdout = collect(child.stdout as NodeJS.ReadableStream, spec.outputBytesMax, "stdout", kill);
    const stderr = collect(child.stderr as NodeJS.ReadableStream, spec.outputBytesMax, "stderr", kill);
    feed(child.stdin, spec.stdin);
    descriptors.forEach((content, index) => feed(child.stdio[index + 3] as Writable, content));
    const settle = (): void => {
      clearTimeout(timer);
      spec.signal.removeEventListener("abort", onAbort);
    };
    child.once("error", (error) => {
      settle();
      reject(failure ?? notStarted(spec.command, error));
    });
    child.once("close", (code, signal) => {
      settle();
      if (failure === undefined)
        resolve({ code: code ?? 128 + signalNumber(signal), stdout: stdout(), stderr: stderr() });
      else reject(failure);
    });
  });
}

function collect(
  stream: NodeJS.ReadableStream,
  bytesMax: number,
  name: string,
  kill: (why: ActivityFault) => void,
): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) kill(tooTalkative(name, bytesMax));
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

function feed(stream: Writable, content: string): void {
  // A process may end, or close its input, without having read everything; that is its right.
  stream.on("error", () => {});
  stream.end(content);
}

const SIGNALS: ReadonlyMap<string, number> = new Map([
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGABRT", 6],
  ["SIGKILL", 9],
  ["SIGSEGV", 11],
  ["SIGTERM", 15],
  ["SIGXCPU", 24],
  ["SIGXFSZ", 25],
]);

function signalNumber(signal: string | null): number {
  return SIGNALS.get(signal ?? "") ?? 0;
}

function notStarted(command: string, error: Error): ActivityFault {
  const { code } = error as NodeJS.ErrnoException;
  const why = code === "ENOENT" ? "there is no such program" : (code ?? error.message);
  return new ActivityFault(
    standardFault("configuration", "Cannot start the process", `Cannot start "${command}": ${why}`),
  );
}

function stopped(): ActivityFault {
  return new ActivityFault(standardFault("runtime", "Activity stopped", "Cannot complete the process: it was stopped"));
}

function overdue(timeoutMs: number): ActivityFault {
  return new ActivityFault(
    standardFault("timeout", "Process timed out", `Cannot complete the process: it ran longer than ${timeoutMs} ms`),
  );
}

function tooTalkative(name: string, bytesMax: number): ActivityFault {
  return new ActivityFault(
    standardFault(
      "runtime",
      "Process output too large",
      `Cannot complete the process: it wrote more than ${bytesMax} bytes to ${name}`,
    ),
  );
}
