import { type Background, type EngineUnderTest, workloads } from "./engine-under-test.ts";
import type { Load, LoadFigures } from "./load/load.ts";
import type { Line } from "./results.ts";
import { bytesOnDisk, memoryMb } from "./machine.ts";

/*
 * Workloads that are more than load on an engine: many runs that wait, events, a crash. The echo is told of each run's end, so the same clock tells for all engines when it was.
 */

/** What a scenario works with. */
export interface ScenarioParts {
  readonly load: Load;
  /** For files of its own. */
  readonly folder: string;
  /** Runs a scenario starts. */
  readonly timers: number;
  readonly listeners: number;
  readonly inFlight: number;
}

/** A scenario on one engine. */
export type Scenario = (engine: EngineUnderTest, parts: ScenarioParts) => Promise<Line["figures"]>;

const CALLERS = 50;
/** Starting ends after this time, with as many runs as there are then. */
const START_MS_MAX = 20_000;
/** An engine that has not brought back its runs after this time has lost them. */
const PATIENCE_MS = 120_000;

interface EchoReport {
  readonly done: number;
  readonly doneRuns: number;
  readonly firstRuns: number;
  readonly repeated: number;
  readonly lastAt: number;
  readonly lateness: { readonly least: number; readonly p50: number; readonly p99: number; readonly last: number };
}

/** Runs that wait for 25 s each: how fast they are taken in, what one costs in memory, how late they wake. */
export const timers: Scenario = async (engine, { load, timers: count }) => {
  const idleMb = memoryMb(engine.pids());
  const started = await start(engine, load, "nap", count);
  const waitingMb = memoryMb(engine.pids());
  const report = await reported(engine, "nap", ({ done }) => done >= started.completed);
  const { p50, p99, last } = report.lateness;
  return {
    ...{ admittedPerSecond: started.perSecond, started: started.completed, woken: report.done },
    ...{ latenessP50Ms: p50, latenessP99Ms: p99, latenessLastMs: last },
    memoryBytesPerRun: Math.round(((waitingMb - idleMb) * 2 ** 20) / started.completed),
  };
};

/** Runs that wait for an event each: how fast events are taken, how fast runs go on, how long it takes from event to run. */
export const events: Scenario = async (engine, { load, listeners: count }) => {
  const started = await start(engine, load, "listen", count);
  // Where starting is not yet listening, this is the time to begin.
  await pause(3_000);
  const begin = Date.now();
  const options = { connections: CALLERS, windowMs: PATIENCE_MS, expected: "", count: started.completed };
  const accepted = await load(engine.address, engine.event(), options);
  const { done, lastAt, lateness } = await reported(engine, "listen", (report) => report.done >= started.completed);
  return {
    ...{ listeningPerSecond: started.perSecond, started: started.completed, resumed: done },
    ...{ acceptedPerSecond: accepted.perSecond, resumedPerSecond: Math.round((done / (lastAt - begin)) * 1000) },
    ...{ wakeP50Ms: lateness.p50, wakeP99Ms: lateness.p99 },
  };
};

/**
 * `kill -9` with runs in flight, each after its first step, and load: how long after the restart until a new run completes and until all runs have ended, how many never did, and how many did their
 * first step again, which was acknowledged long before.
 */
export const crash: Scenario = async (engine, { load, inFlight }) => {
  const started = await start(engine, load, "crash", inFlight);
  await reported(engine, "crash", ({ firstRuns }) => firstRuns >= started.completed);
  await pause(1_000);
  const underLoad = load(engine.address, engine.run("http10"), {
    connections: 20,
    windowMs: 60_000,
    expected: workloads.http10.output,
  }).catch(() => undefined);
  await pause(2_000);
  await engine.kill();
  const begin = Date.now();
  await underLoad;
  await engine.restart();
  const firstCompletionMs = await firstCompletion(engine, load, begin);
  const { doneRuns, lastAt, repeated } = await reported(
    engine,
    "crash",
    (report) => report.doneRuns >= started.completed,
  );
  const lost = started.completed - doneRuns;
  return { inFlight: started.completed, firstCompletionMs, allEndedMs: lastAt - begin, lost, repeated };
};

/**
 * What it takes to have it: on disk; in memory while nothing happens, and after load; from its start on the data of all that was measured before to the first result; and what a finished run of ten
 * HTTP steps adds to the disk, looked at while the engine is stopped.
 */
export const size: Scenario = async (engine, { load, inFlight }) => {
  await engine.stop();
  const before = bytesOnDisk(engine.data);
  const begin = Date.now();
  await engine.restart();
  const coldStartMs = await firstCompletion(engine, load, begin);
  await pause(3_000);
  const idleMb = Math.round(memoryMb(engine.pids()));
  const count = Math.ceil(inFlight / 2);
  const options = { connections: 100, windowMs: START_MS_MAX, expected: workloads.http10.output, count };
  const { completed } = await load(engine.address, engine.run("http10"), options);
  const loadedMb = Math.round(memoryMb(engine.pids()));
  await engine.stop();
  const diskBytesPerRun = Math.round((bytesOnDisk(engine.data) - before) / completed);
  await engine.restart();
  await firstCompletion(engine, load, Date.now());
  const installedMb = Math.round(engine.installed.reduce((sum, folder) => sum + bytesOnDisk(folder), 0) / 2 ** 20);
  return { diskBytesPerRun, finishedRuns: completed, idleMb, loadedMb, installedMb, coldStartMs };
};

/** Milliseconds from a moment to the first completion of a new run; NaN when none completes in time. */
export async function firstCompletion(engine: EngineUnderTest, load: Load, begin: number): Promise<number> {
  const options = { connections: 1, windowMs: 10_000, expected: workloads.pure10.output, count: 1 };
  while (Date.now() - begin < PATIENCE_MS) {
    const seen = await load(engine.address, engine.run("pure10"), options).catch(() => undefined);
    if (seen !== undefined && seen.completed === 1) return Date.now() - begin;
    await pause(20);
  }
  return Number.NaN;
}

function start(engine: EngineUnderTest, load: Load, workload: Background, count: number): Promise<LoadFigures> {
  const options = { connections: CALLERS, windowMs: START_MS_MAX, expected: "", count };
  return load(engine.address, engine.start(workload), options);
}

/** What the echo has seen of a workload, once it is enough or nothing more is to be expected. */
async function reported(
  { echo }: EngineUnderTest,
  workload: Background,
  isEnough: (report: EchoReport) => boolean,
): Promise<EchoReport> {
  for (const end = Date.now() + PATIENCE_MS; ;) {
    const report = (await (await fetch(`http://${echo}/report/${workload}`)).json()) as EchoReport;
    if (isEnough(report) || Date.now() > end) return report;
    await pause(100);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
