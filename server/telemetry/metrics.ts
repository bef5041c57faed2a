import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { PlainHistogram } from "./plain-histogram.ts";
import { type StepMeter, StepMeters } from "./step-meters.ts";

// Seconds: from a pure step to a call that waits for people.
const FAST = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const SLOW = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600];
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** What is read when the metrics are. */
export interface Gathered {
  readonly executionsByStatus: { readonly [status: string]: number };
  readonly queuedWrites: number;
  readonly runsInMemory: number;
  readonly activities: { readonly running: number; readonly queued: number };
  readonly databaseBytes: number;
  readonly logBytes: number;
  readonly diskFreeBytes: number;
  /** By how much the wall clock has moved against the time that has passed since the start. */
  readonly clockJumpSeconds: number;
}

/** What the server counts and measures. Labels have few values and never ids, so that the number of series stays bounded. */
export interface Metrics {
  /** A call was answered. `code` is the Connect code or `ok`. */
  request(rpc: string, code: string, seconds: number): void;
  /** The account of one step of one kind of request. */
  step(pipeline: string, step: string): StepMeter;
  /** A transaction was committed: how many writes, how long altogether, how long of it for the flush of the disk. */
  commit(writes: number, seconds: number, flushSeconds: number): void;
  executionStarted(): void;
  executionEnded(status: string, seconds: number): void;
  activityEnded(kind: string, seconds: number): void;
  taskRetried(): void;
  /** Time an activity waited for its turn: the first sign of overload. */
  scheduleToStart(seconds: number): void;
  timerFired(latenessSeconds: number): void;
  /** What was under way at the start has been taken up. */
  recovered(seconds: number, executions: number): void;
  quarantined(): void;
  watchOpened(): void;
  watchClosed(): void;
  watchOverflowed(): void;
  /** A verified backup was made. */
  backedUp(atMs: number): void;
  authorizationDenied(): void;
  networkBlocked(): void;
  /** An event left the queue of a sink, or found no place in it. */
  sinkEvent(sink: string, outcome: "sent" | "refused" | "dropped"): void;
  /** A sink did not take an event, which is sent again. */
  sinkFailed(sink: string): void;
  /** The number of events that wait for a sink changed by this many. */
  sinkQueued(sink: string, change: number): void;
  /** What is asked for at each `render` and not told as it happens. */
  gatherFrom(source: () => Promise<Gathered>): void;
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
  const histograms: PlainHistogram[] = [];
  const histogram = (
    name: string,
    help: string,
    bounds: readonly number[],
    labelNames: string[] = [],
  ): PlainHistogram => {
    const made = new PlainHistogram(`stigmer_${name}`, help, bounds, labelNames);
    histograms.push(made);
    return made;
  };
  if (withProcess) collectDefaultMetrics({ register: registry });

  const requests = counter("requests_total", "Calls answered.", ["rpc", "code"]);
  const requestSeconds = histogram("request_seconds", "Time to answer a call.", FAST, ["rpc"]);
  const requestSeries = new Map<string, Counter.Internal>();
  const commitSeconds = histogram("commit_seconds", "Time of a transaction, its flush included.", FAST);
  const commitWrites = histogram("commit_writes", "Writes in a transaction.", SIZES);
  const fsyncSeconds = histogram("fsync_seconds", "Time of the flush of a transaction.", FAST);
  const commitQueueDepth = gauge("commit_queue_depth", "Writes that wait for the next commit.");
  const executions = gauge("executions", "Runs by status.", ["status"]);
  const runsInMemory = gauge("executions_in_memory", "Runs in memory; the others wait on disk.");
  const activities = gauge("activities", "Calls under way, and those that wait for their turn.", ["state"]);
  const started = counter("executions_started_total", "Runs started.");
  const ended = counter("executions_ended_total", "Runs ended, by their last status.", ["status"]);
  const executionSeconds = histogram("execution_seconds", "Time from start to end of a run.", SLOW);
  const activitySeconds = histogram("activity_seconds", "Time of a call, by its kind.", SLOW, ["kind"]);
  const retries = counter("task_retries_total", "Attempts after the first.");
  const scheduleToStart = histogram("schedule_to_start_seconds", "Time an activity waited for its start.", FAST);
  const timerLateness = histogram("timer_lateness_seconds", "How late timers fired.", FAST);
  const recoverySeconds = gauge("recovery_seconds", "Time in which the last start took up what was under way.");
  const recovered = gauge("recovered_executions", "Runs that the last start took up.");
  const quarantined = counter("executions_quarantined_total", "Runs taken out of service since the start.");
  const clockJump = gauge("clock_jump_seconds", "How far the wall clock has jumped since the start.");
  const databaseBytes = gauge("database_bytes", "Size of the database.");
  const logBytes = gauge("wal_bytes", "Size of the write-ahead log.");
  const freeBytes = gauge("disk_free_bytes", "Free space on the disk of the database.");
  const lastBackup = gauge(
    "last_backup_timestamp_seconds",
    "When the last backup since the start was verified; 0 for none.",
  );
  const watchStreams = gauge("watch_streams", "Open watches of runs.");
  const watchOverflows = counter("watch_overflows_total", "Watchers that fell behind and read on from the journal.");
  const denied = counter("authz_denied_total", "Calls refused for lack of permission.");
  const blocked = counter("ssrf_blocked_total", "Addresses refused by the network guard.");
  const sinkEvents = counter("event_sink_events_total", "Events that were sent to a sink, refused by it, or dropped.", [
    "sink",
    "outcome",
  ]);
  const sinkFailures = counter("event_sink_failures_total", "Attempts to send an event that failed.", ["sink"]);
  const sinkQueue = gauge("event_sink_queued", "Events that wait for a sink.", ["sink"]);

  const steps = new StepMeters();
  let gather = async (): Promise<void> => undefined;

  return {
    step: (pipeline, step) => steps.meter(pipeline, step),
    request: (rpc, code, seconds) => {
      const key = `${code} ${rpc}`;
      let count = requestSeries.get(key);
      if (count === undefined) {
        // Looking labels up costs more than counting; there are few, and every call has some.
        count = requests.labels(rpc, code);
        requestSeries.set(key, count);
      }
      count.inc();
      requestSeconds.observe(seconds, rpc);
    },
    commit: (writes, seconds, flushSeconds) => {
      commitSeconds.observe(seconds);
      commitWrites.observe(writes);
      fsyncSeconds.observe(flushSeconds);
    },
    executionStarted: () => started.inc(),
    executionEnded: (status, seconds) => {
      ended.inc({ status });
      executionSeconds.observe(seconds);
    },
    activityEnded: (kind, seconds) => activitySeconds.observe(seconds, kind),
    taskRetried: () => retries.inc(),
    scheduleToStart: (seconds) => scheduleToStart.observe(seconds),
    timerFired: (lateness) => timerLateness.observe(lateness),
    recovered: (seconds, count) => {
      recoverySeconds.set(seconds);
      recovered.set(count);
    },
    quarantined: () => quarantined.inc(),
    watchOpened: () => watchStreams.inc(),
    watchClosed: () => watchStreams.dec(),
    watchOverflowed: () => watchOverflows.inc(),
    backedUp: (atMs) => lastBackup.set(atMs / 1000),
    authorizationDenied: () => denied.inc(),
    networkBlocked: () => blocked.inc(),
    sinkEvent: (sink, outcome) => sinkEvents.inc({ sink, outcome }),
    sinkFailed: (sink) => sinkFailures.inc({ sink }),
    sinkQueued: (sink, change) => sinkQueue.inc({ sink }, change),
    gatherFrom: (source) => {
      gather = async () => {
        const seen = await source();
        executions.reset();
        for (const [status, count] of Object.entries(seen.executionsByStatus)) executions.set({ status }, count);
        commitQueueDepth.set(seen.queuedWrites);
        runsInMemory.set(seen.runsInMemory);
        for (const [state, count] of Object.entries(seen.activities)) activities.set({ state }, count);
        databaseBytes.set(seen.databaseBytes);
        logBytes.set(seen.logBytes);
        freeBytes.set(seen.diskFreeBytes);
        clockJump.set(seen.clockJumpSeconds);
      };
    },
    render: async () => {
      await gather();
      const plain = [...histograms, steps].map((part) => part.render());
      return { contentType: registry.contentType, body: `${await registry.metrics()}\n${plain.join("")}` };
    },
  };
}
