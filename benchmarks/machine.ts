import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import os from "node:os";

/* What Linux tells of processes, the disk and the machine. Everything counts from some start: take the difference of two. */

/** Seconds per tick of Linux's process accounting. */
const TICK = 0.01;
/** Flag of a thread of the kernel. */
const KERNEL_THREAD = 0x00_20_00_00;

/** The sum over processes; one that has ended meanwhile counts nothing: its times are its parent's now. */
function sum(pids: readonly number[], read: (pid: number) => number): number {
  return pids.reduce((total, pid) => {
    try {
      return total + read(pid);
    } catch {
      return total;
    }
  }, 0);
}

function statOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /su, "")
    .split(" ");
}

/** Its own time, and that of children that have ended: the load generator's is in there. */
function secondsOf(stat: readonly string[]): number {
  return stat.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0) * TICK;
}

/** Processor seconds that processes and their children that have ended have used so far, in user and kernel mode. */
export function cpuSeconds(pids: readonly number[]): number {
  return sum(pids, (pid) => secondsOf(statOf(pid)));
}

/** Processor seconds that all other programs have used so far, and what the host has kept from this machine. The kernel's own threads do not count: they write what is measured. */
function othersCpuSeconds(own: readonly number[]): number {
  const [, , , , , , , stolen = 0] = (readFileSync("/proc/stat", "utf8").split("\n", 1)[0] as string)
    .replace(/^cpu +/u, "")
    .split(" ")
    .map(Number);
  const known = new Set(own);
  const others = readdirSync("/proc").map(Number);
  const program = (pid: number): number => {
    const stat = statOf(pid);
    return (Number(stat[6]) & KERNEL_THREAD) === 0 ? secondsOf(stat) : 0;
  };
  const used = sum(
    others.filter((pid) => pid > 0 && !known.has(pid)),
    program,
  );
  return used + stolen * TICK;
}

/** Resident memory of processes. */
export function memoryMb(pids: readonly number[]): number {
  return sum(
    pids,
    (pid) => Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024,
  );
}

/** Bytes that processes have had written to disk so far; 0 where the system does not tell. */
export function writtenBytes(pids: readonly number[]): number {
  return sum(pids, (pid) => Number(/^write_bytes: (\d+)/mu.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1] ?? 0));
}

/** Bytes that the files of a folder take on disk. */
export function bytesOnDisk(folder: string): number {
  return Number(execFileSync("du", ["-s", "--block-size=1", folder], { encoding: "utf8" }).split("\t")[0]);
}

/** Flushes that the disk below a folder has made so far, whoever asked for them; undefined where the kernel does not count them. Flushes that are asked for together are one. */
export function diskFlushes(folder: string): number | undefined {
  const { dev } = statSync(folder);
  const device = new RegExp(`^ *${(dev >> 8) & 0xfff} +${dev & 0xff} .*$`, "mu");
  const fields = device.exec(readFileSync("/proc/diskstats", "utf8"))?.[0].trim().split(/ +/u);
  return fields?.[18] === undefined ? undefined : Number(fields[18]);
}

/** Million steps of a fixed computation a second: rows with other figures are not comparable. */
function cpuProbe(): number {
  const speeds = Array.from({ length: 3 }, () => {
    const begin = performance.now();
    let hash = 1;
    for (let step = 0; step < 1e7; step++) hash = (Math.imul(hash, 31) + step) | 0;
    return hash === 0 ? 0 : 1e4 / (performance.now() - begin);
  });
  return Math.round(Math.max(...speeds));
}

/** Whose processes the measurement's own are: those of the benchmark, and an engine's, which may change meanwhile. */
type OwnPids = () => readonly number[];

/** Does some work and tells which share of the machine others used meanwhile, and how fast the machine was just before. */
export async function observed<Result>(
  own: OwnPids,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly disturbance: number; readonly probe: number }> {
  const probe = cpuProbe();
  const before = othersCpuSeconds(own());
  const begin = performance.now();
  const result = await work();
  const elapsed = (performance.now() - begin) / 1000;
  const share = (othersCpuSeconds(own()) - before) / elapsed / os.availableParallelism();
  return { result, disturbance: Number(Math.max(0, share).toFixed(3)), probe };
}
