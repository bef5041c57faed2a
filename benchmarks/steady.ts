import { type EngineUnderTest, type Workload, workloads } from "./engine-under-test.ts";
import type { Load } from "./load/load.ts";
import type { Line } from "./results.ts";
import { bytesOnDisk, cpuSeconds, machineCpuSeconds, memoryMb, writtenBytes } from "./started-process.ts";

/** A row of steady load: callers that each start a run when their last one has ended. */
export interface SteadyRow {
  readonly workload: Workload;
  readonly concurrency: number;
}

/** What surrounds a measurement: processes that are ours and no engine's, and the load generator. */
export interface Surroundings {
  readonly load: Load;
  readonly ownPids: readonly number[];
}

/** One window of load on one engine: a closed loop, or with `rate` an open loop of so many a second. */
export async function steadyWindow(
  engine: EngineUnderTest,
  { workload, concurrency }: SteadyRow,
  windowMs: number,
  { load, ownPids }: Surroundings,
  rate = 0,
): Promise<Pick<Line, "windowMs" | "disturbance" | "figures">> {
  const pids = engine.pids();
  const before = { engine: cpuSeconds(pids), own: cpuSeconds(ownPids), machine: machineCpuSeconds() };
  const disk = { size: bytesOnDisk(engine.data), written: writtenBytes(pids) };
  const begin = performance.now();
  const connections = rate === 0 ? concurrency : 512;
  const { output } = workloads[workload];
  const seen = await load(engine.address, engine.run(workload), { connections, windowMs, expected: output, rate });
  const elapsed = (performance.now() - begin) / 1000;
  const cpu = cpuSeconds(pids) - before.engine;
  const own = cpuSeconds(ownPids) - before.own;
  const others = machineCpuSeconds() - before.machine - cpu - own;
  const runs = seen.completed + concurrency;
  return {
    windowMs,
    disturbance: Number((Math.max(0, others) / elapsed / 2).toFixed(3)),
    figures: {
      ...{ runsPerSecond: seen.perSecond, p50Ms: seen.p50, p90Ms: seen.p90, p99Ms: seen.p99 },
      cpuMsPerRun: Number(((cpu / runs) * 1000).toFixed(3)),
      memoryMb: Math.round(memoryMb(pids)),
      diskBytesPerRun: Math.round((bytesOnDisk(engine.data) - disk.size) / runs),
      writtenBytesPerRun: Math.round((writtenBytes(pids) - disk.written) / runs),
    },
  };
}
