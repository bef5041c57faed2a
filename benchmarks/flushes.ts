import { readFileSync } from "node:fs";
import path from "node:path";
import { type EngineUnderTest, workloads } from "./engine-under-test.ts";
import type { Load } from "./load/load.ts";
import type { Scenario } from "./scenarios.ts";
import { startProcess } from "./started-process.ts";

/** System calls that force to disk what was written. */
const CALLS = ["fsync", "fdatasync", "sync_file_range", "msync"];

/**
 * How often all processes of an engine ask the disk to flush for a run of ten HTTP steps, with one caller and with 100: the proof that each commits to disk before it goes on. Counted by strace at the
 * system calls, which slows everything down, so nothing else is measured meanwhile. Rejects where strace is not installed or may not attach.
 */
export const flushes: Scenario = async (engine, { load, folder }) => {
  const alone = await countedFlushes(engine, load, folder, { connections: 1, count: 30 });
  const together = await countedFlushes(engine, load, folder, { connections: 100, count: 300 });
  const called = CALLS.filter((call) => call in alone).map((call) => [`${call}PerRunC1`, alone[call] ?? 0]);
  return { flushesPerRunC1: total(alone), flushesPerRunC100: total(together), ...Object.fromEntries(called) };
};

async function countedFlushes(
  engine: EngineUnderTest,
  load: Load,
  folder: string,
  { connections, count }: { readonly connections: number; readonly count: number },
): Promise<Readonly<Record<string, number>>> {
  const file = path.join(folder, "flushes");
  const processes = engine.pids().flatMap((pid) => ["-p", String(pid)]);
  const counting = ["-f", "-c", "-U", "name,calls", "-e", `trace=${CALLS.join(",")}`, "-o", file];
  const strace = await startProcess("strace", [...counting, ...processes]);
  await strace.said(/(attached)/u);
  // It tells of the first; the others follow at once.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const options = { connections, windowMs: 60_000, expected: workloads.http10.output, count };
  const seen = await load(engine.address, engine.run("http10"), options).catch((error: unknown) => error as Error);
  await strace.stop("SIGINT");
  if (seen instanceof Error) throw seen;
  const rows = readFileSync(file, "utf8").matchAll(/^ *([a-z_]+) +(\d+)$/gmu);
  const known = [...rows].filter(([, call = ""]) => CALLS.includes(call));
  return Object.fromEntries(
    known.map(([, call = "", calls]) => [call, Number((Number(calls) / seen.completed).toFixed(2))]),
  );
}

function total(counts: Readonly<Record<string, number>>): number {
  return Number(
    Object.values(counts)
      .reduce((sum, one) => sum + one, 0)
      .toFixed(2),
  );
}
