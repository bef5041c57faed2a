import { type EngineUnderTest, type Workload, workloads } from "./engine-under-test.ts";
import type { Load } from "./load/load.ts";
import { bytesOnDisk, cpuSeconds, diskFlushes, memoryMb, writtenBytes } from "./machine.ts";
import type { Line } from "./results.ts";

/** A row of steady load: callers that each start a run when their last one has ended. */
export interface SteadyRow {
  readonly workload: Workload;
  readonly concurrency: number;
}

/** Connections of an open loop: more than it needs while the engine keeps up. */
const OPEN_LOOP_CONNECTIONS = 512;

/** One window of load on one engine: a closed loop, or with `rate` an open loop of so many a second. */
export async function steadyWindow(
  engine: EngineUnderTest,
  { workload, concurrency }: SteadyRow,
  windowMs: number,
  load: Load,
  rate = 0,
): Promise<Line["figures"]> {
  const read = (): Readonly<Record<"cpu" | "size" | "written" | "flushes", number>> => ({
    cpu: cpuSeconds(engine.pids()),
    size: bytesOnDisk(engine.data),
    written: writtenBytes(engine.pids()),
    flushes: diskFlushes(engine.data) ?? Number.NaN,
  });
  const before = read();
  const connections = rate === 0 ? concurrency : OPEN_LOOP_CONNECTIONS;
  const { output } = workloads[workload];
  const seen = await load(engine.address, engine.run(workload), { connections, windowMs, expected: output, rate });
  const after = read();
  // Those under way at the end are nearly done, on average half.
  const runs = seen.completed + concurrency / 2;
  return {
    ...{ runsPerSecond: seen.perSecond, p50Ms: seen.p50, p90Ms: seen.p90, p99Ms: seen.p99 },
    cpuMsPerRun: Number((((after.cpu - before.cpu) / runs) * 1000).toFixed(3)),
    memoryMb: Math.round(memoryMb(engine.pids())),
    diskBytesPerRun: Math.round((after.size - before.size) / runs),
    writtenBytesPerRun: Math.round((after.written - before.written) / runs),
    diskFlushesPerRun: Number(((after.flushes - before.flushes) / runs).toFixed(3)),
  };
}
