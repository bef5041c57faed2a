import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";

/** A process of the benchmark; it ends with `stop`. */
export interface StartedProcess {
  readonly pid: number;
  /** Waits until it says something on standard output or error and resolves to the first group; rejects when it ends before, or after a minute. */
  said(pattern: RegExp): Promise<string>;
  /** Ends it, by SIGTERM unless said otherwise; what does not end in 5 s is killed. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const READY_MS_MAX = 60_000;
const running = new Set<ChildProcess>();
// Whatever happens, nothing outlives the benchmark. One listener for all: many are started and ended on the way.
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a program with a clean environment; `uid` is the user it runs as, where it must not be root. */
export async function startProcess(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  uid?: number,
): Promise<StartedProcess> {
  const base = { PATH: process.env["PATH"], HOME: process.env["HOME"], TZ: "UTC" };
  const user = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(program, args, { env: { ...base, ...env }, stdio: ["ignore", "pipe", "pipe"], ...user });
  running.add(child);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  void exited.then(() => running.delete(child));
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output = (output + chunk.toString("utf8")).slice(-65_536)));
  return {
    pid: child.pid as number,
    async said(pattern) {
      for (const end = Date.now() + READY_MS_MAX; ;) {
        const found = pattern.exec(output)?.[1];
        if (found !== undefined) return found;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(
            `${program} ended with ${child.exitCode ?? child.signalCode} before it was ready:\n${output}`,
          );
        if (Date.now() > end) throw new Error(`${program} is not ready after ${READY_MS_MAX / 1000} s:\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const kill = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await exited;
      clearTimeout(kill);
    },
  };
}

/** Sends JSON and tells whether it was taken; false too when nobody answers. */
export async function post(url: string, body: object): Promise<boolean> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => undefined);
  return answer?.ok === true;
}

/** Asks again and again until it is so; rejects after a minute. */
export async function until(isDone: () => Promise<boolean>, everyMs = 50): Promise<void> {
  for (const end = Date.now() + READY_MS_MAX; Date.now() < end;) {
    if (await isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error("An engine is not ready after 60 s");
}

/** The processes that a process has started; none when it has ended itself. */
export function childrenOf(pid: number): readonly number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text
    .split(" ")
    .filter((one) => one !== "")
    .map(Number);
}

/** Kills a process that may have ended by itself. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
