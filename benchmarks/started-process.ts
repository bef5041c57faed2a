import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";

/** A process of the benchmark; it ends with `stop`. */
export interface StartedProcess {
  readonly pid: number;
  /** Waits until it says something on standard output or error and resolves to the first group. */
  said(pattern: RegExp): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a program with a clean environment. */
export async function startProcess(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<StartedProcess> {
  const base = { PATH: process.env["PATH"], HOME: process.env["HOME"], TZ: "UTC" };
  const child = spawn(program, args, { env: { ...base, ...env }, stdio: ["ignore", "pipe", "pipe"] });
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
    async stop() {
      child.kill("SIGTERM");
      const kill = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await exited;
      clearTimeout(kill);
    },
  };
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

/** Processor seconds that processes have used so far, in user and kernel mode. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /su, "")
      .split(" ");
    return sum + (Number(fields[11]) + Number(fields[12])) * TICK;
  }, 0);
}

/** Resident memory of processes. */
export function memoryMb(pids: readonly number[]): number {
  return pids.reduce(
    (sum, pid) => sum + Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024,
    0,
  );
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
