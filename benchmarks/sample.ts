import type { EngineUnderTest, Workload } from "./engine-under-test.ts";
import { KeepAliveConnection } from "./keep-alive-connection.ts";
import { cpuSeconds, machineCpuSeconds, memoryMb } from "./started-process.ts";

/** What a window of load on one engine gave. */
export interface Sample {
  /** Runs that completed within the window, a second. */
  readonly runsPerSecond: number;
  /** From start to complete, as the caller saw it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of all processes of the engine for one run. */
  readonly cpuMsPerRun: number;
  /** Resident memory of all its processes. */
  readonly memoryMb: number;
  /** Share of the machine that neither engine, load generator nor echo used: how much to distrust the row. */
  readonly disturbance: number;
}

/** Closed loop: `concurrency` callers, each starts a run when its last one has completed. The first error ends the measurement. */
export async function sample(
  engine: EngineUnderTest,
  workload: Workload,
  concurrency: number,
  windowMs: number,
  ownPids: readonly number[],
): Promise<Sample> {
  const connections = Array.from({ length: concurrency }, () => new KeepAliveConnection(engine.address));
  const before = { engine: cpuSeconds(engine.pids), own: cpuSeconds(ownPids), machine: machineCpuSeconds() };
  const begin = performance.now();
  const latencies: number[] = [];
  try {
    await Promise.all(
      connections.map(async (connection) => {
        for (;;) {
          const started = performance.now();
          await engine.run(connection, workload);
          const now = performance.now();
          if (now - begin > windowMs) return;
          latencies.push(now - started);
        }
      }),
    );
  } finally {
    for (const connection of connections) connection.close();
  }
  const elapsedSeconds = (performance.now() - begin) / 1000;
  const engineCpu = cpuSeconds(engine.pids) - before.engine;
  const ours = engineCpu + cpuSeconds(ownPids) - before.own;
  latencies.sort((left, right) => left - right);
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return {
    runsPerSecond: (latencies.length / windowMs) * 1000,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    cpuMsPerRun: (engineCpu / (latencies.length + concurrency)) * 1000,
    memoryMb: memoryMb(engine.pids),
    disturbance: Math.max(0, machineCpuSeconds() - before.machine - ours) / elapsedSeconds / 2,
  };
}
