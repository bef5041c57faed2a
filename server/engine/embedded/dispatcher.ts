import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { StartActivity, SubscribeMessages, TaskPosition } from "@stigmer/core/protocol/command.ts";
import { type Fault, standardFault } from "@stigmer/core/protocol/fault.ts";
import {
  type ActivityContext,
  ActivityFault,
  type ActivityRunner,
  type StopSignal,
} from "../../activities/activity.ts";
import type { Store, Write } from "../../store/ports.ts";
import type { Committer } from "./committer.ts";
import { failpoint } from "./failpoints.ts";
import { FairQueue } from "./fair-queue.ts";
import { intentEnd, INTENT_SPACE, intentKey, intentRow } from "./intent.ts";
import type { EngineHooks, EngineMeter } from "./ports.ts";
import { type PendingFact, type RunActor, secretAt } from "./run-actor.ts";
import type { RunSecrets } from "./run-secrets.ts";
import type { SteadyClock } from "./steady-clock.ts";
import { traceparentOf } from "./trace-context.ts";

const NOBODY: readonly (() => void)[] = [];

/** Gives a fact to a run; resolves once it is durable or not wanted any more. */
export type Post = (run: number, fact: PendingFact, writes?: readonly Write[]) => Promise<unknown>;

/** An activity or consumer under way. It is what tells the activity to stop; a signal of Node's own is made when somebody asks for it. */
class Job implements StopSignal {
  readonly actor: RunActor;
  readonly id: number;
  /** When it was asked for, then when it began, by the steady clock in ms. */
  since: number;
  aborted = false;
  #controller: AbortController | undefined;
  #listeners: readonly (() => void)[] = NOBODY;

  constructor(actor: RunActor, id: number, since: number) {
    this.actor = actor;
    this.id = id;
    this.since = since;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.aborted) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Each listener is called once at most. */
  addEventListener(_type: "abort", listener: () => void): void {
    if (!this.aborted) this.#listeners = this.#listeners === NOBODY ? [listener] : [...this.#listeners, listener];
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const others = this.#listeners.filter((other) => other !== listener);
    this.#listeners = others.length === 0 ? NOBODY : others;
  }

  abort(): void {
    this.aborted = true;
    this.#controller?.abort();
    const listeners = this.#listeners;
    this.#listeners = NOBODY;
    for (const listener of listeners) listener();
  }
}

/** What an activity is given. A class with its members written out: it is made for every call, and a literal with a getter costs ten times as much. */
class JobContext implements ActivityContext {
  readonly runId: string;
  readonly org: string;
  readonly task: TaskPosition;
  readonly idempotencyKey: string;
  declare readonly traceparent?: string;
  readonly #job: Job;
  readonly #secrets: JsonObject | undefined;

  constructor(
    job: Job,
    { task, idempotencyKey }: Pick<StartActivity, "task" | "idempotencyKey">,
    secrets: JsonObject | undefined,
    traceparent: string | undefined,
  ) {
    this.runId = job.actor.row.id;
    this.org = job.actor.row.org;
    this.task = task;
    this.idempotencyKey = idempotencyKey;
    if (traceparent !== undefined) this.traceparent = traceparent;
    this.#job = job;
    this.#secrets = secrets;
  }

  get stop(): StopSignal {
    return this.#job;
  }

  get signal(): AbortSignal {
    return this.#job.signal;
  }

  /** Stays itself when it is taken out of its context. */
  readonly secret = (path: readonly string[]): Json | undefined => secretAt(this.#secrets, path);
}

/** What the dispatcher works with. */
export interface DispatcherParts {
  readonly runner: ActivityRunner;
  readonly secrets: RunSecrets;
  readonly committer: Committer;
  readonly store: Store;
  readonly hooks: EngineHooks;
  readonly clock: SteadyClock;
  readonly meter: EngineMeter | undefined;
  readonly concurrency: number;
  /** See EngineOptions. */
  readonly traceShare: number | undefined;
  readonly post: Post;
}

/** Carries out activities: a bounded number at a time, fairly between runs, each with a signal that stops it; what comes of it goes back as a fact. */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #queue = new FairQueue<{ readonly job: Job; readonly command: StartActivity }>();
  readonly #jobs = new Map<number, Map<number, Job>>();
  #running = 0;
  #stopped = false;
  #drained: (() => void)[] = [];

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** Activities under way and waiting. */
  get load(): { readonly running: number; readonly queued: number } {
    return { running: this.#running, queued: this.#queue.size };
  }

  /** Carries an activity out as soon as there is room. */
  start(actor: RunActor, command: StartActivity): void {
    if (this.#stopped || this.#jobs.get(actor.run)?.has(command.id) === true) return;
    const job = this.#open(actor, command.id);
    if (this.#running >= this.#parts.concurrency) {
      this.#queue.push(actor.run, { job, command });
      return;
    }
    this.#begin(job, command);
  }

  /** Consumes messages until the subscription ends; long-lived, so outside the bound on concurrency. */
  consume(actor: RunActor, command: SubscribeMessages): void {
    if (this.#stopped || this.#jobs.get(actor.run)?.has(command.id) === true) return;
    const job = this.#open(actor, command.id);
    void this.#consume(job, command);
  }

  /** Stops an activity or a consumer; its result, should it still come, is dropped. */
  cancel(run: number, id: number): void {
    const job = this.#jobs.get(run)?.get(id);
    if (job === undefined) return;
    this.#close(job);
    job.abort();
  }

  /** Stops everything of a run. */
  cancelRun(run: number): void {
    for (const id of [...(this.#jobs.get(run)?.keys() ?? [])]) this.cancel(run, id);
  }

  /** Takes no more work, resolves when what is running has ended. */
  drain(): Promise<void> {
    this.#stopped = true;
    for (const jobs of this.#jobs.values())
      for (const job of jobs.values()) if (job.actor.sources.has(job.id)) job.abort();
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Aborts everything; what it would have said is not heard. The runs take it up again at the next start. */
  abandon(): void {
    this.#stopped = true;
    const jobs = [...this.#jobs.values()].flatMap((ofRun) => [...ofRun.values()]);
    this.#jobs.clear();
    for (const job of jobs) job.abort();
  }

  #open(actor: RunActor, id: number): Job {
    const job = new Job(actor, id, this.#parts.clock.now());
    let ofRun = this.#jobs.get(actor.run);
    if (ofRun === undefined) {
      ofRun = new Map();
      this.#jobs.set(actor.run, ofRun);
    }
    ofRun.set(id, job);
    return job;
  }

  #close(job: Job): void {
    const ofRun = this.#jobs.get(job.actor.run);
    if (ofRun?.get(job.id) !== job) return;
    ofRun.delete(job.id);
    if (ofRun.size === 0) this.#jobs.delete(job.actor.run);
  }

  #wanted(job: Job): boolean {
    return this.#jobs.get(job.actor.run)?.get(job.id) === job;
  }

  #begin(job: Job, command: StartActivity): void {
    this.#running++;
    const now = this.#parts.clock.now();
    this.#parts.meter?.scheduleToStart((now - job.since) / 1000);
    job.since = now;
    // Nothing has to be known or written before most calls: they go out in this turn and cost as few promises as can be.
    if (command.delivery !== "at-most-once" && !job.actor.hasSecrets) this.#callNow(job, command);
    else this.#prepare(job, command).catch(this.#unrecorded);
  }

  readonly #unrecorded = (error: unknown): void => {
    this.#parts.hooks.warn?.("Cannot record the result of an activity", error);
    this.#end();
  };

  readonly #end = (): void => {
    this.#running--;
    this.#fill();
    if (this.#running === 0) for (const resolve of this.#drained.splice(0)) resolve();
  };

  #fill(): void {
    while (this.#running < this.#parts.concurrency && !this.#stopped) {
      const next = this.#queue.take();
      if (next === undefined) return;
      if (this.#wanted(next.job)) this.#begin(next.job, next.command);
    }
  }

  /** Records the intent of a call at most once, and opens the secrets of the run. */
  async #prepare(job: Job, command: StartActivity): Promise<void> {
    const { actor } = job;
    const once = command.delivery === "at-most-once";
    if (once && !(await this.#recordIntent(job))) return this.#end();
    if (!this.#wanted(job)) {
      // Stopped while the intent was on its way to the disk: the call was not made.
      if (once) this.#parts.committer.later(intentEnd(actor.run, job.id));
      return this.#end();
    }
    let secrets: JsonObject | undefined;
    try {
      secrets = actor.hasSecrets ? await this.#parts.secrets.of(actor) : undefined;
    } catch (error) {
      return this.#failed(job, command, error);
    }
    this.#callNow(job, command, secrets);
  }

  #callNow(job: Job, command: StartActivity, secrets?: JsonObject): void {
    let output: Promise<Json | undefined>;
    try {
      const context = this.#context(job, command, secrets);
      failpoint("dispatch.before");
      output = this.#parts.runner.run(command.kind, command.arguments, context);
    } catch (error) {
      this.#failed(job, command, error);
      return;
    }
    output.then(
      (value) => {
        failpoint("dispatch.after");
        this.#record(job, command, { type: "activityCompleted", id: command.id, output: value ?? null });
      },
      (error: unknown) => this.#failed(job, command, error),
    );
  }

  #failed(job: Job, command: StartActivity, error: unknown): void {
    if (job.aborted) this.#end();
    else this.#record(job, command, { type: "activityFailed", id: command.id, fault: this.#faultOf(error) });
  }

  /** Gives the result to the run, unless nobody waits for it any more. */
  #record(job: Job, { delivery, kind }: StartActivity, fact: PendingFact): void {
    this.#parts.meter?.activityEnded(kind, (this.#parts.clock.now() - job.since) / 1000);
    if (!this.#wanted(job)) {
      this.#end();
      return;
    }
    this.#close(job);
    failpoint("activity.result");
    const { run } = job.actor;
    const writes = delivery === "at-most-once" ? [intentEnd(run, job.id)] : undefined;
    this.#parts.post(run, fact, writes).then(this.#end, this.#unrecorded);
  }

  /**
   * Makes the intent durable; false when there is one already (a crash came between the call and its result, and repeating it is what was ruled out), or when the run does not want the call any
   * more. A cancellation deletes the intent in its own commit: one that is written after it would stay behind after a crash, so none is once the run has taken the cancellation up.
   */
  async #recordIntent(job: Job): Promise<boolean> {
    const { actor, id } = job;
    const { run } = actor;
    if ((await this.#parts.store.records.get(INTENT_SPACE, intentKey(run, id))) === undefined) {
      const write = { op: "putRecord", row: intentRow(run, id) } as const;
      const wanted = (): boolean => this.#wanted(job) && actor.activities.has(id);
      if (!(await this.#parts.committer.commitSurely([write], wanted))) return false;
      failpoint("dispatch.intent");
      return true;
    }
    this.#close(job);
    const fault = standardFault(
      "runtime",
      "Outcome unknown",
      "The server stopped while the activity was under way; it is delivered at most once, so it is not repeated.",
    );
    await this.#parts.post(run, { type: "activityFailed", id, fault }, [intentEnd(run, id)]);
    return false;
  }

  async #consume(job: Job, command: SubscribeMessages): Promise<void> {
    const { run } = job.actor;
    let fault: Fault | undefined;
    try {
      const idempotencyKey = `${job.actor.row.id}${command.task.pointer}/${String(command.id)}`;
      const secrets = await this.#parts.secrets.of(job.actor);
      const context = this.#context(job, { task: command.task, idempotencyKey }, secrets);
      await this.#parts.runner.consume(command.arguments, context, async (event) => {
        await this.#parts.post(run, { type: "eventDelivered", id: command.id, event });
      });
    } catch (error) {
      fault = this.#faultOf(error);
    }
    if (job.aborted || !this.#wanted(job)) return;
    this.#close(job);
    try {
      await this.#parts.post(run, {
        type: "subscriptionEnded",
        id: command.id,
        ...(fault === undefined ? {} : { fault }),
      });
    } catch (error) {
      this.#parts.hooks.warn?.("Cannot record the end of a subscription", error);
    }
  }

  #context(
    job: Job,
    command: Pick<StartActivity, "task" | "idempotencyKey">,
    secrets: JsonObject | undefined,
  ): ActivityContext {
    const { traceShare } = this.#parts;
    const traceparent = traceShare === undefined ? undefined : traceparentOf(job.actor.row.id, command, traceShare);
    return new JobContext(job, command, secrets, traceparent);
  }

  #faultOf(error: unknown): Fault {
    if (error instanceof ActivityFault) return error.fault;
    this.#parts.hooks.warn?.("An activity failed unexpectedly", error);
    return standardFault("runtime", "Activity failed", error instanceof Error ? error.message : String(error));
  }
}
