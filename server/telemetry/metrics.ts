import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { type StepMeter, StepMeters } from "./step-meters.ts";

// Seconds: from a pure step to a call that waits for people.
const FAST = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const SLOW = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600];
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** What the server counts and measures. Labels have few values and never ids, so that the number of series stays bounded. */
export interface Metrics {
  /** A call was answered. `code` is the Connect code or `ok`. */
  request(rpc: string, code: string, seconds: number): void;
  /** The account of one step of one kind of request. */
  step(pipeline: string, step: string): StepMeter;
  /** A batch was committed: how many writes, how long altogether, how long of it for the disk. */
  commit(batchSize: number, seconds: number, fsyncSeconds: number): void;
  /** Writes that wait for the next commit. */
  commitQueue(depth: number): void;
  /** Runs by state, all of them at once. */
  executions(byState: { readonly [state: string]: number }): void;
  executionStarted(): void;
  executionEnded(result: string, seconds: number): void;
  task(kind: string, seconds: number): void;
  taskRetried(): void;
  /** Time from the wish to start an activity to its start: the first sign of overload. */
  scheduleToStart(seconds: number): void;
  timerFired(latenessSeconds: number): void;
  dueTimers(count: number): void;
  recovered(seconds: number, replayedEvents: number): void;
  quarantined(count: number): void;
  checksumFailed(): void;
  clockJumped(): void;
  /** Bytes on disk, in the write-ahead log, and free. */
  storage(databaseBytes: number, logBytes: number, freeBytes: number): void;
  backupAge(seconds: number): void;
  watchOpened(): void;
  watchClosed(): void;
  watchDropped(): void;
  authorizationDenied(): void;
  networkBlocked(): void;
  rateLimited(): void;
  /** Everything in the text format of Prometheus. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Makes the metrics of one server. `withProcess` adds those of Node: memory, file descriptors, event loop lag. */
export function createMetrics(withProcess = false): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: T[] = []): Counter<T> =>
    new Counter({ name: `stigmer_${name}`, help, labelNames, registers });
  const gauge = <T extends string>(name: string, help: string, labelNames: T[] = []): Gauge<T> =>
    new Gauge({ name: `stigmer_${name}`, help, labelNames, registers });
  const histogram = <T extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: T[] = [],
  ): Histogram<T> => new Histogram({ name: `stigmer_${name}`, help, labelNames, buckets, registers });
  if (withProcess) collectDefaultMetrics({ register: registry });

  const requests = counter("requests_total", "Calls answered.", ["rpc", "code"]);
  const requestSeconds = histogram("request_seconds", "Time to answer a call.", FAST, ["rpc"]);
  const requestSeries = new Map<
    string,
    { readonly count: Counter.Internal; readonly seconds: Histogram.Internal<"rpc"> }
  >();
  const commitSeconds = histogram("commit_seconds", "Time of a commit.", FAST);
  const commitBatch = histogram("commit_batch_size", "Writes in a commit.", SIZES);
  const fsyncSeconds = histogram("fsync_seconds", "Time of a commit spent on the disk.", FAST);
  const commitQueueDepth = gauge("commit_queue_depth", "Writes that wait for the next commit.");
  const executions = gauge("executions", "Runs by state.", ["state"]);
  const started = counter("executions_started_total", "Runs started.");
  const ended = counter("executions_completed_total", "Runs ended.", ["result"]);
  const executionSeconds = histogram("execution_seconds", "Time from start to end of a run.", SLOW);
  const taskSeconds = histogram("task_seconds", "Time of a task.", SLOW, ["kind"]);
  const retries = counter("task_retries_total", "Attempts after the first.");
  const scheduleToStart = histogram("schedule_to_start_seconds", "Time an activity waited for its start.", FAST);
  const timerLateness = histogram("timer_lateness_seconds", "How late timers fired.", FAST);
  const dueTimers = gauge("due_timers", "Timers that are due and have not fired.");
  const recoverySeconds = gauge("recovery_seconds", "Time of the last recovery.");
  const replayed = counter("replayed_events_total", "Journal facts replayed.");
  const quarantined = gauge("quarantined_executions", "Runs taken out of service.");
  const checksumFailures = counter("checksum_failures_total", "Records that failed their checksum.");
  const clockJumps = counter("clock_jump_total", "Jumps of the wall clock.");
  const databaseBytes = gauge("database_bytes", "Size of the database.");
  const logBytes = gauge("wal_bytes", "Size of the write-ahead log.");
  const freeBytes = gauge("disk_free_bytes", "Free space on the disk of the database.");
  const backupAge = gauge("backup_age_seconds", "Age of the last verified backup.");
  const watchStreams = gauge("watch_streams", "Open watches.");
  const watchDropped = counter("watch_dropped_total", "Watches closed because their reader was too slow.");
  const denied = counter("authz_denied_total", "Calls refused for lack of permission.");
  const blocked = counter("ssrf_blocked_total", "Outgoing calls refused by the network guard.");
  const limited = counter("ratelimited_total", "Calls refused by a rate limit.");

  const steps = new StepMeters();

  return {
    step: (pipeline, step) => steps.meter(pipeline, step),
    request: (rpc, code, seconds) => {
      const key = `${code} ${rpc}`;
      let series = requestSeries.get(key);
      if (series === undefined) {
        // Looking labels up costs more than counting; there are few, and every call has some.
        series = { count: requests.labels(rpc, code), seconds: requestSeconds.labels(rpc) };
        requestSeries.set(key, series);
      }
      series.count.inc();
      series.seconds.observe(seconds);
    },
    commit: (batchSize, seconds, onDisk) => {
      commitSeconds.observe(seconds);
      commitBatch.observe(batchSize);
      fsyncSeconds.observe(onDisk);
    },
    commitQueue: (depth) => commitQueueDepth.set(depth),
    executions: (byState) => {
      executions.reset();
      for (const [state, count] of Object.entries(byState)) executions.set({ state }, count);
    },
    executionStarted: () => started.inc(),
    executionEnded: (result, seconds) => {
      ended.inc({ result });
      executionSeconds.observe(seconds);
    },
    task: (kind, seconds) => taskSeconds.observe({ kind }, seconds),
    taskRetried: () => retries.inc(),
    scheduleToStart: (seconds) => scheduleToStart.observe(seconds),
    timerFired: (lateness) => timerLateness.observe(lateness),
    dueTimers: (count) => dueTimers.set(count),
    recovered: (seconds, events) => {
      recoverySeconds.set(seconds);
      replayed.inc(events);
    },
    quarantined: (count) => quarantined.set(count),
    checksumFailed: () => checksumFailures.inc(),
    clockJumped: () => clockJumps.inc(),
    storage: (database, log, free) => {
      databaseBytes.set(database);
      logBytes.set(log);
      freeBytes.set(free);
    },
    backupAge: (seconds) => backupAge.set(seconds),
    watchOpened: () => watchStreams.inc(),
    watchClosed: () => watchStreams.dec(),
    watchDropped: () => watchDropped.inc(),
    authorizationDenied: () => denied.inc(),
    networkBlocked: () => blocked.inc(),
    rateLimited: () => limited.inc(),
    render: async () => ({ contentType: registry.contentType, body: `${await registry.metrics()}\n${steps.render()}` }),
  };
}
