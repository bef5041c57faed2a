import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { isTerminal } from "@stigmer/core/protocol/state.ts";
import type { RunRow, Store } from "../store/ports.ts";
import type { ScheduleRecord } from "../resources/workflow/record-schedule.ts";
import { EventSchedule, type EventStart } from "./event-schedule.ts";
import { nextTick, restartAt } from "./next-tick.ts";
import type { ScheduleWorld } from "./schedule-filter.ts";
import { ScheduleRecords } from "./schedule-record.ts";

/** What triggers need of the world. */
export interface TriggerPorts extends ScheduleWorld {
  readonly store: Store;
  /** Calls once after at least `delayMs`; the answer takes it back. */
  later(delayMs: number, task: () => void): () => void;
  /**
   * Starts a run of a workflow. The same key is the same run, however often it is asked for; `chain` are the workflows whose lifecycle led to it. Rejects with StartRefused where asking again
   * would not help.
   */
  start(record: ScheduleRecord, input: Json, key: string, chain?: string): Promise<void>;
  warn(message: string, error: unknown): void;
}

/** A start that the server refuses and would refuse again: the workflow is gone, the input is not what it takes. */
export class StartRefused extends Error {
  override readonly name = "StartRefused";
}

/** Longest sleep between looks at the clock: a clock that was set forward is noticed within it. */
const SLEEP_MAX_MS = 60_000;
/** Pause before a start that failed is tried again. */
const RETRY_MS = 1_000;

/**
 * Starts runs by themselves: `every`, `cron`, `after` and `on` of a definition's schedule. Ticks are durable: one that passed while the server was down is made up for by one start, the latest;
 * a crash between start and bookkeeping repeats the start under the same key, which is no second run.
 */
export class Triggers {
  readonly #ports: TriggerPorts;
  readonly #records: ScheduleRecords;
  readonly #schedules = new Map<string, ScheduleRecord>();
  readonly #onEvents = new Map<string, EventSchedule>();
  /** The lifecycle types that schedules of an organization may start from; made anew when a schedule changes. */
  #lifecycleTypes: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #dueAtMs = new Map<string, number>();
  #cancelSleep: (() => void) | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(ports: TriggerPorts) {
    this.#ports = ports;
    this.#records = new ScheduleRecords(ports.store);
  }

  /** Reads all schedules, so that events find them; to be called before any run goes on. */
  async load(): Promise<void> {
    for (const record of await this.#records.all()) await this.#take(record);
  }

  /** Begins to watch the clock. */
  begin(): void {
    this.#sleep();
  }

  /** The lifecycle types that a schedule of the organization may start from; undefined when there is none. */
  lifecycleTypes(org: string): ReadonlySet<string> | undefined {
    return this.#lifecycleTypes.size === 0 ? undefined : this.#lifecycleTypes.get(org);
  }

  /** To be called after a workflow was written or deleted. */
  changed(workflowId: string): void {
    this.#later(async () => {
      const record = await this.#records.one(workflowId);
      if (record === undefined) {
        this.#schedules.delete(workflowId);
        this.#onEvents.delete(workflowId);
        this.#dueAtMs.delete(workflowId);
        this.#countLifecycle();
      } else {
        await this.#take(record);
      }
      this.#sleep();
    });
  }

  /** To be called when a run has ended: `after` counts from here. */
  ended(row: RunRow): void {
    const record = this.#schedules.get(row.workflowId);
    if (record?.schedule.after === undefined || row.status === "quarantined" || !isTerminal(row.status)) return;
    this.#later(async () => {
      const afterAtMs = restartAt(record.schedule, row.endedAt ?? this.#ports.nowMs());
      if (afterAtMs === undefined) return;
      const state = await this.#records.state(record.workflowId);
      await this.#records.saveState(record.workflowId, { ...state, digest: record.digest, afterAtMs });
      await this.#take(record);
      this.#sleep();
    });
  }

  /** Offers published events to the schedules of their organization; resolves when what they start is durable. */
  async published(org: string, events: readonly JsonObject[]): Promise<void> {
    const interested = [...this.#onEvents].flatMap(([workflowId, schedule]) => {
      const record = this.#schedules.get(workflowId);
      return record?.org === org ? [{ record, schedule }] : [];
    });
    if (interested.length === 0) return;
    await this.#enqueue(async () => {
      for (const { record, schedule } of interested)
        for (const event of events) await this.#offer(record, schedule, event);
    });
  }

  async #offer(record: ScheduleRecord, schedule: EventSchedule, event: JsonObject): Promise<void> {
    const before = schedule.gathers ? await this.#records.gathered(record.workflowId) : { sets: [], taken: [] };
    const { starts, gathered } = schedule.offer(before, event);
    for (const start of starts) await this.#start(record, start);
    if (gathered !== before) await this.#records.saveGathered(record.workflowId, gathered);
  }

  /** Starts a run; a refusal is told and leaves the schedule as if it had been started. */
  async #start(
    record: ScheduleRecord,
    { input, key, chain }: Omit<EventStart, "input"> & { readonly input: Json },
  ): Promise<void> {
    try {
      await this.#ports.start(record, input, key, chain);
    } catch (error) {
      if (!(error instanceof StartRefused)) throw error;
      this.#ports.warn("A scheduled run was refused", error);
    }
  }

  /** Stops watching; what is under way ends first. */
  async end(): Promise<void> {
    this.#stopped = true;
    this.#cancelSleep?.();
    await this.#work;
  }

  async #take(record: ScheduleRecord): Promise<void> {
    this.#schedules.set(record.workflowId, record);
    this.#listen(record);
    const { schedule, appliedAtMs, digest, workflowId } = record;
    let state = await this.#records.state(workflowId);
    if (state === undefined || state.digest !== digest) {
      const nextAtMs = nextTick(schedule, appliedAtMs, appliedAtMs);
      const afterAtMs = state?.afterAtMs ?? restartAt(schedule, appliedAtMs);
      state = {
        digest,
        ...(nextAtMs === undefined ? {} : { nextAtMs }),
        ...(afterAtMs === undefined ? {} : { afterAtMs }),
      };
      await this.#records.saveState(workflowId, state);
    }
    const due = Math.min(state.nextAtMs ?? Number.POSITIVE_INFINITY, state.afterAtMs ?? Number.POSITIVE_INFINITY);
    if (Number.isFinite(due)) this.#dueAtMs.set(workflowId, due);
    else this.#dueAtMs.delete(workflowId);
  }

  #listen(record: ScheduleRecord): void {
    const { on } = record.schedule;
    this.#onEvents.delete(record.workflowId);
    try {
      if (on !== undefined) this.#onEvents.set(record.workflowId, new EventSchedule(record, on, this.#ports));
    } catch (error) {
      // Applied by an older server that checked less: the others must go on.
      this.#ports.warn(`Cannot listen for events that start workflow "${record.workflowId}"`, error);
    }
    this.#countLifecycle();
  }

  #countLifecycle(): void {
    const types = new Map<string, Set<string>>();
    for (const [workflowId, { lifecycleTypes }] of this.#onEvents) {
      const org = this.#schedules.get(workflowId)?.org;
      if (org === undefined || lifecycleTypes.length === 0) continue;
      types.set(org, new Set([...(types.get(org) ?? []), ...lifecycleTypes]));
    }
    this.#lifecycleTypes = types;
  }

  #sleep(leastMs = 0): void {
    this.#cancelSleep?.();
    if (this.#stopped || this.#dueAtMs.size === 0) return;
    let next = Number.POSITIVE_INFINITY;
    for (const dueAtMs of this.#dueAtMs.values()) next = Math.min(next, dueAtMs);
    const delayMs = Math.min(SLEEP_MAX_MS, Math.max(leastMs, next - this.#ports.nowMs()));
    this.#cancelSleep = this.#ports.later(delayMs, () => this.#later(() => this.#fireDue()));
  }

  async #fireDue(): Promise<void> {
    const nowMs = this.#ports.nowMs();
    for (const [workflowId, dueAtMs] of this.#dueAtMs) {
      const record = this.#schedules.get(workflowId);
      if (dueAtMs <= nowMs && record !== undefined) await this.#fire(record, nowMs);
    }
    this.#sleep();
  }

  async #fire(record: ScheduleRecord, nowMs: number): Promise<void> {
    const { workflowId, schedule, appliedAtMs, digest } = record;
    const state = (await this.#records.state(workflowId)) ?? { digest };
    let { nextAtMs, afterAtMs } = state;
    if (nextAtMs !== undefined && nextAtMs <= nowMs) {
      await this.#start(record, { input: {}, key: `schedule:${workflowId}:at:${nextAtMs}` });
      nextAtMs = nextTick(schedule, appliedAtMs, nowMs);
    }
    if (afterAtMs !== undefined && afterAtMs <= nowMs) {
      await this.#start(record, { input: {}, key: `schedule:${workflowId}:after:${afterAtMs}` });
      afterAtMs = undefined;
    }
    await this.#records.saveState(workflowId, {
      digest,
      ...(nextAtMs === undefined ? {} : { nextAtMs }),
      ...(afterAtMs === undefined ? {} : { afterAtMs }),
    });
    await this.#take(record);
  }

  /** The same for callers that do not wait: a failure is reported and tried again. */
  #later(task: () => Promise<void>): void {
    this.#enqueue(task).catch(() => {});
  }

  /** Resolves once everything asked for so far is done. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** One thing after the other, so that a tick, a change and an event never see each other half done. */
  #enqueue(task: () => Promise<void>): Promise<void> {
    const run = this.#work.then(async () => {
      if (!this.#stopped) await task();
    });
    this.#work = run.catch((error: unknown) => {
      this.#ports.warn("A schedule could not be carried out", error);
      this.#sleep(RETRY_MS);
    });
    return run;
  }
}
