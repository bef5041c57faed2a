import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { withoutSecretMarkers } from "@stigmer/core/lib/secret-marker.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import { CorrelationIndex } from "../../events/correlation-index.ts";
import { CommitConflict, type RunChanges, type RunRow, StoreUnavailable, type Write } from "../../store/ports.ts";
import {
  type ControlRequest,
  ControlRefused,
  type Engine,
  type HistoryEntry,
  type RunChange,
  type RunView,
  type StartRun,
} from "../engine.ts";
import { newRow, startedFact } from "./begin-run.ts";
import { Children } from "./children.ts";
import { Committer } from "./committer.ts";
import { type CompleteControl, completeRetry } from "./complete-retry.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Executor, RunGone, RunMoved } from "./executor.ts";
import { guardedHooks } from "./guarded-hooks.ts";
import { History, type PastView } from "./history.ts";
import { LiveRuns } from "./live-runs.ts";
import { defaultEngineOptions, type EngineOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import type { EngineMeter, EngineHooks, EnginePorts } from "./ports.ts";
import { type CachedProgram, DefinitionMissing, ProgramCache } from "./program-cache.ts";
import { Publisher } from "./publisher.ts";
import { recoverRuns, type RecoveryReport } from "./recovery.ts";
import { Retention } from "./retention.ts";
import { type FactTerms, type PendingFact, RunActor } from "./run-actor.ts";
import { RunLoader } from "./run-loader.ts";
import { RunLoads } from "./run-loads.ts";
import { RunReads } from "./run-reads.ts";
import { RunSecrets } from "./run-secrets.ts";
import { SteadyClock } from "./steady-clock.ts";
import type { Effect, StepBatch } from "./step-batch.ts";
import { Timers } from "./timers.ts";
import { Watches } from "./watch.ts";

const NO_TERMS: FactTerms = {};

/** The default engine: event-sourced runs in the embedded store. Made by `openEmbeddedEngine`. The parts are put together here; executor.ts tells how they work. */
export class EmbeddedEngine implements Engine {
  /** Resolves once everything that was under way when the last process ended is under way again. */
  recovered: Promise<RecoveryReport> = Promise.resolve({ runs: 0 });
  readonly #ports: EnginePorts;
  readonly #options: EngineOptions;
  readonly #hooks: EngineHooks;
  readonly #clock: SteadyClock;
  readonly #committer: Committer;
  readonly #correlation: CorrelationIndex;
  readonly #programs: ProgramCache;
  readonly #live: LiveRuns;
  readonly #executor: Executor;
  readonly #dispatcher: Dispatcher;
  readonly #timers: Timers;
  readonly #children: Children;
  readonly #outbox: Outbox;
  readonly #publisher: Publisher;
  readonly #reads: RunReads;
  readonly #watches: Watches;
  readonly #retention: Retention;
  readonly #secrets: RunSecrets;
  #nextRun = 1;
  #admitted = 0;
  #stopping = false;

  constructor(ports: EnginePorts, options: Partial<EngineOptions> = {}) {
    this.#ports = ports;
    this.#options = { ...defaultEngineOptions, ...options };
    this.#hooks = guardedHooks(ports.hooks);
    const { store, scheduler, interpreter, random } = ports;
    const { commitRetryMs: retryMs, activityConcurrency: concurrency } = this.#options;
    const post = (run: number, fact: PendingFact, writes?: readonly Write[]): Promise<RunRow | undefined> =>
      this.#post(run, fact, writes === undefined ? NO_TERMS : { writes });
    const warn = (message: string, error: unknown): void => this.#hooks.warn?.(message, error);
    const cancelChild = this.#cancelChild.bind(this);
    this.#correlation = new CorrelationIndex(ports.expressions);
    this.#clock = new SteadyClock(ports.clock);
    this.#committer = new Committer(store, scheduler, random, retryMs, (error) => this.#fail(error));
    const committer = this.#committer;
    this.#programs = new ProgramCache(ports.definitions, interpreter);
    this.#secrets = new RunSecrets(ports.secrets, store);
    this.#watches = new Watches(this.#options.watchBufferMax, ports.meter);
    const loads = new RunLoads(store, new RunLoader(store, this.#programs, interpreter), (run, reason) =>
      this.#executor.quarantine(run, reason),
    );
    this.#live = new LiveRuns({
      cacheBytesMax: this.#options.cacheBytesMax,
      load: (run) => loads.load(run),
      adopt: (actor) => this.#adopt(actor),
    });
    this.#executor = new Executor({
      interpreter,
      clock: this.#clock,
      committer,
      correlation: this.#correlation,
      hooks: this.#hooks,
      options: this.#options,
      outlets: ports.outlets,
      live: () => this.#live,
      effect: (actor, effect) => this.#carryOut(actor, effect),
      changed: (row, fromSeq, batch) => this.#changed(row, fromSeq, batch),
      left: (run) => this.#dispatcher.cancelRun(run),
      quarantined: async (run) => {
        const row = this.#watches.has(run) ? await store.runs.byKey(run) : undefined;
        if (row !== undefined) this.#watches.notify(row.head, { position: row.head, row, trace: [] });
      },
    });
    this.#reads = new RunReads({
      store,
      interpreter,
      live: this.#live,
      executor: this.#executor,
      history: new History(store, this.#programs, interpreter),
      watches: this.#watches,
    });
    this.#dispatcher = new Dispatcher({
      runner: ports.activities,
      secrets: this.#secrets,
      committer,
      store,
      hooks: this.#hooks,
      clock: this.#clock,
      meter: ports.meter,
      concurrency,
      traceShare: this.#options.traceShare,
      post,
    });
    this.#children = new Children({ starter: ports.children, committer, scheduler, retryMs, post, cancelChild, warn });
    this.#publisher = new Publisher({
      store,
      correlation: this.#correlation,
      expressions: ports.expressions,
      hooks: this.#hooks,
      post,
    });
    const publish = (org: string, event: JsonObject, triggersOnly: boolean): Promise<number> =>
      this.#publisher.publish(org, [event], triggersOnly);
    const childSettled = (run: number, id: number): Promise<void> => this.#children.settled(run, id);
    this.#outbox = new Outbox({ store, committer, scheduler, retryMs, post, publish, cancelChild, childSettled, warn });
    this.#timers = new Timers({
      reader: store.timers,
      clock: this.#clock,
      scheduler,
      horizonMs: this.#options.timerHorizonMs,
      inMemoryMax: this.#options.timersInMemoryMax,
      concurrency: this.#options.loadConcurrency,
      fire: (row) => {
        ports.meter?.timerFired(Math.max(0, this.#clock.now() - row.dueAt) / 1000);
        return this.#post(row.run, { type: "timerFired", id: row.id }, { notBefore: row.dueAt });
      },
      warn: (error) => warn("Cannot fire a timer", error),
    });
    this.#retention = new Retention(store, committer, scheduler, this.#clock);
  }

  /** Reads what must be known before the first request, then takes up what was under way; resolves when requests may come. */
  async open(): Promise<void> {
    const { store } = this.#ports;
    const lastKey = await store.runs.lastKey();
    this.#nextRun = lastKey + 1;
    await this.#correlation.load(store.records, store.subscriptions);
    const { loadConcurrency, retentionMs, retentionSweepMs } = this.#options;
    this.recovered = (async () => {
      await this.#timers.start();
      const report = await recoverRuns(store, this.#live, lastKey, loadConcurrency, () => this.#stopping);
      await this.#outbox.recover();
      return report;
    })();
    this.recovered.catch((error: unknown) => this.#hooks.warn?.("Cannot recover", error));
    if (retentionMs !== undefined)
      this.#retention.start(retentionMs, retentionSweepMs, (error) =>
        this.#hooks.warn?.("Cannot remove ended runs", error),
      );
  }

  /** What is in memory and under way, for metrics and for tests of bounds. */
  get load(): {
    readonly runs: number;
    readonly idle: number;
    readonly idleBytes: number;
    readonly timers: number;
    readonly running: number;
    readonly queued: number;
    readonly admitted: number;
  } {
    return { ...this.#live.size, timers: this.#timers.size, ...this.#dispatcher.load, admitted: this.#admitted };
  }

  async start(request: StartRun): Promise<RunRow> {
    return this.#admit(async () => {
      const cached = this.#programs.peek(request.digest) ?? (await this.#program(request.digest));
      const at = this.#clock.now();
      const run = this.#nextRun++;
      const actor = new RunActor(newRow(request, run, at), cached);
      const started = startedFact(request, at, cached.identity, this.#options.runtime);
      const writes: Write[] =
        Object.keys(request.secrets).length === 0 ? [] : [this.#secrets.write(run, request.id, request.secrets)];
      if (request.writes !== undefined) writes.push(...request.writes);
      try {
        return await this.#executor.start(actor, started, writes);
      } catch (error) {
        const same = error instanceof CommitConflict && request.idempotencyKey !== undefined;
        const existing = same
          ? await this.#ports.store.runs.byIdempotencyKey(request.org, request.idempotencyKey ?? "")
          : undefined;
        if (existing !== undefined) return existing;
        throw error;
      }
    });
  }

  async control(runId: string, asked: ControlRequest, outcome?: RunChanges): Promise<RunRow> {
    const control = withoutSecretMarkers(asked as unknown as Json) as unknown as ControlRequest;
    for (;;) {
      const row = await this.#reads.rowOf(runId);
      const made: CompleteControl =
        control.type === "retried" ? await completeRetry(row, control, () => this.trace(runId)) : { control };
      try {
        const posted = await this.#post(row.run, made.control, { outcome, asOf: made.asOf });
        if (posted !== undefined) return posted;
      } catch (error) {
        if (error instanceof RunMoved) continue;
        throw error;
      }
      throw new ControlRefused("missing", `Cannot control run "${runId}": it is quarantined or deleted`);
    }
  }

  async publish(org: string, events: readonly JsonObject[]): Promise<{ readonly deliveries: number }> {
    return this.#admit(async () => ({ deliveries: await this.#publisher.publish(org, events) }));
  }

  view(runId: string): Promise<RunView | undefined> {
    return this.#reads.view(runId);
  }

  trace(runId: string): Promise<readonly TaskTrace[]> {
    return this.#reads.trace(runId);
  }

  history(runId: string, fromSeq: number, limit: number): Promise<readonly HistoryEntry[]> {
    return this.#reads.history(runId, fromSeq, limit);
  }

  stateAt(runId: string, seq: number): Promise<PastView | undefined> {
    return this.#reads.stateAt(runId, seq);
  }

  watch(runId: string, fromPosition: number, signal: AbortSignal): AsyncGenerator<RunChange> {
    return this.#reads.watch(runId, fromPosition, signal);
  }

  ended(runId: string, signal: AbortSignal): Promise<RunRow | undefined> {
    return this.#reads.ended(runId, signal);
  }

  deleted(run: number): void {
    this.#executor.deleted(run);
  }

  async stop(drainMs: number): Promise<void> {
    this.#stopping = true;
    this.#timers.stop();
    this.#retention.stop();
    this.#children.stop();
    this.#outbox.stop();
    const drained = this.#dispatcher.drain();
    await Promise.race([drained, new Promise<void>((resolve) => void this.#ports.scheduler.after(drainMs, resolve))]);
    this.#dispatcher.abandon();
    await this.#committer.flush().catch(() => undefined);
    this.#executor.halt(new StoreUnavailable("closed", "Cannot take this up: the server is stopping"));
    this.#watches.closeAll();
  }

  /** Refuses work beyond what may wait for durability; health checks and controls do not come through here and are never refused. */
  async #admit<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#stopping) throw new StoreUnavailable("closed", "Cannot take this up: the server is stopping");
    if (this.#committer.halted !== undefined) throw this.#committer.halted;
    if (this.#admitted >= this.#options.admittedMax) {
      throw new StoreUnavailable(
        "overloaded",
        `Cannot take this up: ${String(this.#admitted)} requests are waiting for the disk, try again`,
      );
    }
    this.#admitted++;
    try {
      return await work();
    } finally {
      this.#admitted--;
    }
  }

  /** The program that a new run is to be pinned to. */
  async #program(digest: string): Promise<CachedProgram> {
    try {
      return await this.#programs.load(digest);
    } catch (error) {
      if (error instanceof DefinitionMissing) throw new ControlRefused("damaged", error.message);
      throw error;
    }
  }

  /** Gives a fact to a run; undefined when there is no such run or it is quarantined (its writes are then made all the same). */
  #post(run: number, fact: PendingFact, terms: FactTerms = NO_TERMS): Promise<RunRow | undefined> {
    const actor = this.#live.peek(run);
    return actor === undefined || actor.gone ? this.#postToLoaded(run, fact, terms) : this.#give(actor, fact, terms);
  }

  async #postToLoaded(run: number, fact: PendingFact, terms: FactTerms): Promise<RunRow | undefined> {
    for (;;) {
      const actor = await this.#live.get(run);
      if (actor === undefined) {
        const { writes } = terms;
        if (writes !== undefined && writes.length > 0) await this.#committer.commitSurely(writes);
        return undefined;
      }
      // Between the load and this turn the run may have left memory again.
      if (!actor.gone) return this.#give(actor, fact, terms);
    }
  }

  #give(actor: RunActor, fact: PendingFact, terms: FactTerms): Promise<RunRow | undefined> {
    return new Promise((settled, failed) => {
      const refused = (error: Error): void => (error instanceof RunGone ? settled(undefined) : failed(error));
      this.#executor.post(actor, { fact, terms, settled, refused });
    });
  }

  /** Takes up what a loaded run has under way: what is not answered is issued again; who receives it recognises a repeat. */
  #adopt(actor: RunActor): void {
    for (const command of actor.activities.values()) this.#dispatcher.start(actor, command);
    for (const command of actor.sources.values()) this.#dispatcher.consume(actor, command);
    for (const child of actor.children.values()) if (!child.started) this.#children.start(actor, child.command);
    if (actor.yielded) this.#continue(actor);
    this.#ports.scheduler.soon(() => this.#live.rest(actor));
  }

  #carryOut(actor: RunActor, effect: Effect): void {
    switch (effect.kind) {
      case "activity":
        // A later fact of the same batch may have taken it back.
        if (actor.activities.has(effect.command.id)) this.#dispatcher.start(actor, effect.command);
        return;
      case "cancelActivity":
        this.#dispatcher.cancel(actor.run, effect.id);
        return;
      case "timer":
        this.#timers.add(effect.row);
        return;
      case "forgetTimer":
        this.#timers.forget(effect.row);
        return;
      case "source":
        if (actor.sources.has(effect.command.id)) this.#dispatcher.consume(actor, effect.command);
        return;
      case "endSource":
        this.#dispatcher.cancel(actor.run, effect.id);
        return;
      case "child":
        if (actor.children.has(effect.command.id)) this.#children.start(actor, effect.command);
        return;
      case "outbox":
        this.#outbox.pay(effect.key, effect.entry);
        return;
      case "queued":
        this.#ports.outlets?.queued(effect.writes);
        return;
      case "subscribed":
        this.#correlation.subscribed(actor.row.org, effect.filters);
        return;
      case "continue":
        this.#continue(actor);
    }
  }

  #continue(actor: RunActor): void {
    this.#ports.scheduler.soon(() => {
      this.#post(actor.run, { type: "continued" }).catch((error: unknown) =>
        this.#hooks.warn?.("Cannot continue a run", error),
      );
    });
  }

  #changed(row: RunRow, fromSeq: number, batch: StepBatch): void {
    if (this.#ports.meter !== undefined) meterBatch(this.#ports.meter, row, fromSeq, batch);
    if (batch.trace.length > 0) this.#hooks.traces?.(row, batch.trace);
    if (this.#watches.has(row.run)) this.#watches.notify(fromSeq, { position: row.head, row, trace: batch.trace });
  }

  async #cancelChild(org: string, key: string): Promise<void> {
    const child = await this.#ports.store.runs.byIdempotencyKey(org, key);
    if (child === undefined) return;
    try {
      await this.#post(child.run, { type: "cancelled", reason: "The parent run no longer waits for it" });
    } catch (error) {
      if (!(error instanceof ControlRefused)) throw error;
    }
  }

  #fail(error: Error): void {
    this.#stopping = true;
    this.#timers.stop();
    this.#retention.stop();
    this.#children.stop();
    this.#outbox.stop();
    this.#executor.halt(error);
    this.#dispatcher.abandon();
    this.#watches.closeAll();
    this.#hooks.failed?.(error);
  }
}

function meterBatch(meter: EngineMeter, row: RunRow, fromSeq: number, { ends, trace }: StepBatch): void {
  if (fromSeq === 0) meter.executionStarted();
  if (ends) meter.executionEnded(row.status, ((row.endedAt ?? row.createdAt) - row.createdAt) / 1000);
  for (const { moment } of trace) if (moment === "retried") meter.taskRetried();
}

/** Opens an engine on its ports: resolves when requests may come; runs that were under way are taken up meanwhile (`recovered`). */
export async function openEmbeddedEngine(
  ports: EnginePorts,
  options: Partial<EngineOptions> = {},
): Promise<EmbeddedEngine> {
  const engine = new EmbeddedEngine(ports, options);
  await engine.open();
  return engine;
}
