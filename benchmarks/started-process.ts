import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";

/** A process of the benchmark; it ends with `stop`. */
export interface StartedProcess {
  readonly pid: number;
  /** Waits until it says something on standard output or error and resolves to the first group. */
  said(pattern: RegExp): Promise<string>;
  /** Ends it, by SIGTERM unless said otherwise; what does not end in 5 s is killed. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

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
  // Whatever happens, nothing outlives the benchmark.
  process.once("exit", () => void child.kill("SIGKILL"));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output = (output + chunk.toString("utf8")).slice(-65_536)));
  return {
    pid: child.pid as number,
    async said(pattern) {
      for (;;) {
        const found = pattern.exec(output)?.[1];
        if (found !== undefined) return found;
        if (child.exitCode !== null)
          throw new Error(`${program} ended with ${child.exitCode} before it was ready:\n${output}`);
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
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error("An engine is not ready after 60 s");
}

/** The processes that a process has started. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
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

/** Seconds per tick of Linux's process accounting. */
const TICK = 0.01;

/** Processor seconds that processes and their children that have ended have used so far, in user and kernel mode. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /su, "")
      .split(" ");
    // Its own, and that of children that have ended: the load generator's is in there.
    return sum + fields.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0) * TICK;
  }, 0);
}

/** Resident memory of processes. */
export function memoryMb(pids: readonly number[]): number {
  return pids.reduce(
    (sum, pid) => sum + Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024,
    0,
  );
}

/** Bytes that processes have had written to disk so far; 0 where the system does not tell. */
export function writtenBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      return sum + Number(/^write_bytes: (\d+)/mu.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1] ?? 0);
    } catch {
      return sum;
    }
  }, 0);
}

/** Bytes that the files of a folder take on disk. */
export function bytesOnDisk(folder: string): number {
  return Number(execFileSync("du", ["-s", "--block-size=1", folder], { encoding: "utf8" }).split("\t")[0]);
}

/** Processor seconds that the whole machine has used so far: everything but idle and waiting for the disk. */
export function machineCpuSeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    readFileSync("/proc/stat", "utf8").split("\n", 1)[0] as string
  )
    .replace(/^cpu +/u, "")
    .split(" ")
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * TICK;
}
