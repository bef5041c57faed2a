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

  async eventSets(workflowId: string): Promise<readonly EventSet[]> {
    const value = await this.#store.records.get(EVENT_SETS, workflowId);
    return value === undefined ? [] : (JSON.parse(value) as readonly EventSet[]);
  }

  async saveEventSets(workflowId: string, sets: readonly EventSet[]): Promise<void> {
    await this.#store.commit([
      { op: "putRecord", row: { space: EVENT_SETS, key: workflowId, value: JSON.stringify(sets) } },
    ]);
  }
}

/** Events gathered for one start of a workflow that waits for `all` of several; a slot for each filter, null while it is open. */
export interface EventSet {
  readonly digest: string;
  readonly slots: readonly (JsonObject | null)[];
  readonly bound: JsonObject;
}
