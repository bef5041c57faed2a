/** What an engine may be told; every figure bounds memory or work, and the defaults suit one small machine. */
export interface EngineOptions {
  /** Values of a fact above this many characters of JSON go to the blob table by digest. */
  readonly inlineCharsMax: number;
  /** A snapshot is written with the record that makes the tail this long; 1 = with every record. */
  readonly snapshotEveryRecords: number;
  readonly snapshotEveryChars: number;
  /** Idle runs above this many (estimated) bytes leave memory, the least recently used first; 0 = at once. */
  readonly cacheBytesMax: number;
  /** Activities under way at a time; the others queue, fairly between runs. */
  readonly activityConcurrency: number;
  /** Starts and publications waiting for durability; beyond it they are refused as overloaded. */
  readonly admittedMax: number;
  /** Facts of one run in one commit. */
  readonly factsPerCommitMax: number;
  /** Timers due within this time are held in memory, at most `timersInMemoryMax` of them. */
  readonly timerHorizonMs: number;
  readonly timersInMemoryMax: number;
  /** Changes a watcher may lag behind before it is served from the journal instead. */
  readonly watchBufferMax: number;
  /** How long ended runs are kept; undefined = for ever. */
  readonly retentionMs: number | undefined;
  readonly retentionSweepMs: number;
  /** Runs loaded at a time by recovery and timers. */
  readonly loadConcurrency: number;
  /** First delay after a refused internal commit; doubles up to 64 times. */
  readonly commitRetryMs: number;
  /** Share of the runs (0 to 1) whose calls are marked as traced in their `traceparent`; undefined = calls carry none. */
  readonly traceShare: number | undefined;
  /** `$runtime`. */
  readonly runtime: { readonly name: string; readonly version: string };
}

/** The options used where nothing else is said. */
export const defaultEngineOptions: EngineOptions = {
  inlineCharsMax: 64 * 1024,
  snapshotEveryRecords: 256,
  snapshotEveryChars: 1024 * 1024,
  cacheBytesMax: 48 * 1024 * 1024,
  activityConcurrency: 1024,
  admittedMax: 10_000,
  factsPerCommitMax: 256,
  timerHorizonMs: 60_000,
  timersInMemoryMax: 50_000,
  watchBufferMax: 256,
  retentionMs: undefined,
  retentionSweepMs: 60_000,
  loadConcurrency: 128,
  commitRetryMs: 10,
  traceShare: undefined,
  runtime: { name: "stigmer", version: "0.1.0" },
};
