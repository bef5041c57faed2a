import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { bundle } from "./build.mjs";

const root = path.resolve(import.meta.dirname, "..");

/** What a finished command left. */
export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command line, run as a user runs it: a process of its own. */
export interface CommandLine {
  /** Runs a command to its end. Its environment is the given one on top of a clean one, so that no setting of the machine leaks in. */
  run(
    args: readonly string[],
    options?: { readonly env?: NodeJS.ProcessEnv; readonly input?: string; readonly cwd?: string },
  ): Promise<Finished>;
  /** Starts `stigmer server` on a free port and resolves once it is ready. */
  server(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<ServerProcess>;
}

/** A server process of a test or demonstration. */
export interface ServerProcess {
  readonly address: string;
  readonly process: ChildProcess;
  /** Everything it wrote to standard error so far. */
  log(): string;
  /** Ends it with a signal and resolves to its exit status. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Builds the command line where it is not built yet, or always when `fresh`; the bundle is where `npm run build` puts it. */
export async function builtCommandLine(fresh = false): Promise<CommandLine> {
  const entry = path.join(root, "server/dist/bundle/stigmer.js");
  if (fresh || !existsSync(entry)) await bundle(path.dirname(entry));
  const base = { PATH: process.env["PATH"], HOME: process.env["HOME"], TZ: "UTC", NO_COLOR: "1" };
  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = root) =>
    spawn(process.execPath, ["--disable-warning=ExperimentalWarning", entry, ...args], {
      cwd,
      env: { ...base, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
  return {
    run(args, options = {}) {
      const child = start(args, options.env, options.cwd);
      child.stdin.on("error", () => {});
      child.stdin.end(options.input ?? "");
      return finished(child);
    },
    async server(args, env) {
      const child = start(["server", "--port", "0", ...args], env);
      child.stdin.end();
      let log = "";
      const address = await new Promise<string>((resolve, reject) => {
        child.stderr.on("data", (chunk: Buffer) => {
          log += chunk.toString("utf8");
          const found = /http:\/\/(127\.0\.0\.1:\d+)/u.exec(log)?.[1];
          if (found !== undefined && /ready/u.test(log)) resolve(found);
        });
        child.once("exit", (status) =>
          reject(new Error(`The server ended with ${status} before it was ready:\n${log}`)),
        );
      });
      return {
        address,
        process: child,
        log: () => log,
        end: (signal) =>
          new Promise((resolve) => {
            if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode);
            child.once("exit", (status) => resolve(status));
            child.kill(signal);
          }),
      };
    },
  };
}

function finished(child: ChildProcess): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8")));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
  return new Promise((resolve) => {
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}
