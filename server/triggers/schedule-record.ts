import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { type ScheduleRecord, scheduleSpaces } from "../resources/workflow/record-schedule.ts";
import type { Store } from "../store/ports.ts";

/** What a schedule has done so far. */
export interface ScheduleState {
  readonly digest: string;
  /** The next tick of `every` and `cron` (epoch ms). */
  readonly nextAtMs?: number;
  /** The start that `after` asks for (epoch ms). */
  readonly afterAtMs?: number;
}

const { records: RECORDS, states: STATES, eventSets: EVENT_SETS } = scheduleSpaces;

/** Reads and writes of schedules in a store. */
export class ScheduleRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async all(): Promise<readonly ScheduleRecord[]> {
    const rows = await this.#store.records.list(RECORDS);
    return rows.map(({ value }) => JSON.parse(value) as ScheduleRecord);
  }

  async one(workflowId: string): Promise<ScheduleRecord | undefined> {
    const value = await this.#store.records.get(RECORDS, workflowId);
    return value === undefined ? undefined : (JSON.parse(value) as ScheduleRecord);
  }

  async state(workflowId: string): Promise<ScheduleState | undefined> {
    const value = await this.#store.records.get(STATES, workflowId);
    return value === undefined ? undefined : (JSON.parse(value) as ScheduleState);
  }

  async saveState(workflowId: string, state: ScheduleState): Promise<void> {
    await this.#store.commit([
      { op: "putRecord", row: { space: STATES, key: workflowId, value: JSON.stringify(state) } },
    ]);
  }

  async gathered(workflowId: string): Promise<GatheredEvents> {
    const value = await this.#store.records.get(EVENT_SETS, workflowId);
    const gathered = value === undefined ? [] : (JSON.parse(value) as GatheredEvents | readonly EventSet[]);
    // Servers before 0.2 kept the sets alone.
    return "sets" in gathered ? gathered : { sets: gathered, taken: [] };
  }

  async saveGathered(workflowId: string, gathered: GatheredEvents): Promise<void> {
    await this.#store.commit([
      { op: "putRecord", row: { space: EVENT_SETS, key: workflowId, value: JSON.stringify(gathered) } },
    ]);
  }
}

/** Events gathered for one start: of `all` a slot for each filter, null while it is open; of `any` with `until` those that came, in order. */
export interface EventSet {
  readonly digest: string;
  readonly slots: readonly (JsonObject | null)[];
  /** Correlation values by name. */
  readonly bound: JsonObject;
  /** Numbers of the filters of an `until` strategy that were met. */
  readonly until?: readonly number[];
}

/** All that a schedule has gathered, and the identities of the events it took last: one that is published again counts once. */
export interface GatheredEvents {
  readonly sets: readonly EventSet[];
  readonly taken: readonly string[];
}
