import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { isTerminal } from "@stigmer/core/protocol/state.ts";
import type { EventExpressions } from "../events/event-expressions.ts";
import type { RunRow, Store } from "../store/ports.ts";
import type { ScheduleRecord } from "../resources/workflow/record-schedule.ts";
import { offerEvent } from "./event-schedule.ts";
import { nextTick, restartAt } from "./next-tick.ts";
import { ScheduleRecords } from "./schedule-record.ts";

/** What triggers need of the world. */
export interface TriggerPorts {
  readonly store: Store;
  readonly expressions: EventExpressions;
  nowMs(): number;
  /** Calls once after at least `delayMs`; the answer takes it back. */
  later(delayMs: number, task: () => void): () => void;
  /** Starts a run of a workflow. The same key is the same run, however often it is asked for. */
  start(record: ScheduleRecord, input: Json, key: string): Promise<void>;
  warn(message: string, error: unknown): void;
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
  #dueAtMs = new Map<string, number>();
  #cancelSleep: (() => void) | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(ports: TriggerPorts) {
    this.#ports = ports;
    this.#records = new ScheduleRecords(ports.store);
  }

  /** Reads all schedules and begins to watch the clock. */
  async begin(): Promise<void> {
    for (const record of await this.#records.all()) await this.#take(record);
    this.#sleep();
  }

  /** To be called after a workflow was written or deleted. */
  changed(workflowId: string): void {
    this.#later(async () => {
      const record = await this.#records.one(workflowId);
      if (record === undefined) {
        this.#schedules.delete(workflowId);
        this.#dueAtMs.delete(workflowId);
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
    const interested = [...this.#schedules.values()].filter(
      (record) => record.org === org && record.schedule.on !== undefined,
    );
    if (interested.length === 0) return;
    await this.#enqueue(async () => {
      for (const record of interested) {
        for (const event of events) {
          const before = record.schedule.on?.all === undefined ? [] : await this.#records.eventSets(record.workflowId);
          const { starts, sets } = offerEvent(record, before, event, this.#ports.expressions);
          for (const { input, key } of starts) await this.#ports.start(record, input, key);
          if (record.schedule.on?.all !== undefined) await this.#records.saveEventSets(record.workflowId, sets);
        }
      }
    });
  }

  /** Stops watching; what is under way ends first. */
  async end(): Promise<void> {
    this.#stopped = true;
    this.#cancelSleep?.();
    await this.#work;
  }

  async #take(record: ScheduleRecord): Promise<void> {
    this.#schedules.set(record.workflowId, record);
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
      await this.#ports.start(record, {}, `schedule:${workflowId}:at:${nextAtMs}`);
      nextAtMs = nextTick(schedule, appliedAtMs, nowMs);
    }
    if (afterAtMs !== undefined && afterAtMs <= nowMs) {
      await this.#ports.start(record, {}, `schedule:${workflowId}:after:${afterAtMs}`);
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
