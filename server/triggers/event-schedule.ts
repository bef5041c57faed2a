import { createHash } from "node:crypto";
import type { EventConsumptionStrategy, EventFilter, ScheduleDefinition } from "@stigmer/core/dsl/model.ts";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { isLifecycleType } from "@stigmer/core/protocol/lifecycle.ts";
import { readEvent } from "@stigmer/core/tasks/read-event.ts";
import { eventIdentity } from "../events/event-identity.ts";
import { workflowChainIn } from "../events/workflow-chain.ts";
import type { ScheduleRecord } from "../resources/workflow/record-schedule.ts";
import {
  type ScheduleExpression,
  type ScheduleFilter,
  scheduleExpression,
  scheduleFilter,
  type ScheduleWorld,
} from "./schedule-filter.ts";
import type { EventSet, GatheredEvents } from "./schedule-record.ts";

/** Sets of events that are open at a time; the oldest give way. */
const OPEN_SETS_MAX = 1_000;
/** Events of one set: an `until` that is met by none of them ends here. */
const SET_EVENTS_MAX = 1_000;
/** Identities remembered, so that an event that comes again counts once. */
const IDENTITIES_MAX = 1_000;

/** A start that events ask for: its input, and a key that is the same for the same events. */
export interface EventStart {
  readonly input: readonly Json[];
  readonly key: string;
  /** The workflows whose lifecycle led to it; undefined where no lifecycle event did. */
  readonly chain?: string;
}

/** What one event leads to: starts, and the events that are gathered for starts to come. */
export interface Offered {
  readonly starts: readonly EventStart[];
  readonly gathered: GatheredEvents;
}

/** Filters and how many of them must be met. */
interface Group {
  readonly all: boolean;
  readonly filters: readonly ScheduleFilter[];
}

/** The `schedule.on` of one workflow, compiled (specification, section Schedule). Without state of its own: what is gathered is given and given back. */
export class EventSchedule {
  /** The lifecycle types it may start from. */
  readonly lifecycleTypes: readonly string[];
  /** Whether events are gathered: `all`, or `any` with `until`. Otherwise each event is a start. */
  readonly gathers: boolean;
  readonly #record: ScheduleRecord;
  readonly #to: Group;
  readonly #until: ScheduleExpression | undefined;
  readonly #untilEvents: Group | undefined;

  constructor(record: ScheduleRecord, on: EventConsumptionStrategy, world: ScheduleWorld) {
    this.#record = record;
    this.#to = groupOf(on, world);
    const { until } = on;
    this.#until = typeof until === "string" ? scheduleExpression(until, world) : undefined;
    this.#untilEvents = typeof until === "object" ? groupOf(until, world) : undefined;
    this.gathers = this.#to.all || until !== undefined;
    const filters = [...this.#to.filters, ...(this.#untilEvents?.filters ?? [])];
    this.lifecycleTypes = [...new Set(filters.flatMap(({ lifecycleTypes }) => lifecycleTypes))];
  }

  /** Takes an event, or not. A lifecycle event that this workflow led to is never taken: it would start itself for ever. */
  offer(gathered: GatheredEvents, event: JsonObject): Offered {
    const unchanged = { starts: [], gathered };
    if (workflowChainIn(event)?.split(" ").includes(this.#record.workflowId) === true) return unchanged;
    if (!this.gathers) return this.#takes(event) ? { starts: [this.#start([event])], gathered } : unchanged;
    const identity = eventIdentity(event);
    if (identity !== undefined && gathered.taken.includes(identity)) return unchanged;
    const sets = gathered.sets.filter(({ digest }) => digest === this.#record.digest);
    const outcome = this.#closed(sets, event) ?? this.#filled(sets, event);
    if (outcome === undefined) return unchanged;
    const taken = identity === undefined ? gathered.taken : [...gathered.taken, identity].slice(-IDENTITIES_MAX);
    return { starts: outcome.starts, gathered: { sets: outcome.sets.slice(-OPEN_SETS_MAX), taken } };
  }

  #takes(event: JsonObject): boolean {
    const { filters } = this.#to;
    if (filters.length === 0) return !isLifecycleType(event["type"]);
    return filters.some((filter) => filter.take(event, {}) !== undefined);
  }

  /** What an event of the `until` strategy closes: every set it correlates with. Its events are in no input; undefined when it is none of them. */
  #closed(sets: readonly EventSet[], event: JsonObject): { starts: EventStart[]; sets: EventSet[] } | undefined {
    const group = this.#untilEvents;
    if (group === undefined) return undefined;
    const starts: EventStart[] = [];
    const open: EventSet[] = [];
    let fits = false;
    for (const set of sets) {
      const met = meet(group, set.until ?? [], event, set.bound);
      fits ||= met !== undefined;
      if (met === undefined) open.push(set);
      else if (!isMet(group, met.met)) open.push({ ...set, until: met.met, bound: met.bound });
      else if (set.slots.length > 0) starts.push(this.#start(eventsOf(set)));
    }
    if (fits) return { starts, sets: open };
    const first = meet(group, [], event, {});
    if (first === undefined) return undefined;
    return {
      starts,
      sets: isMet(group, first.met) ? open : [...open, { ...this.#empty(), until: first.met, bound: first.bound }],
    };
  }

  /** Puts an event into the first open set it fits, or into a new one. */
  #filled(sets: readonly EventSet[], event: JsonObject): { starts: EventStart[]; sets: EventSet[] } | undefined {
    for (const [at, set] of [...sets, this.#empty()].entries()) {
      const filled = this.#put(set, event);
      if (filled === undefined) continue;
      const others = sets.filter((_set, index) => index !== at);
      if (this.#isFull(filled)) return { starts: [this.#start(eventsOf(filled))], sets: others };
      return { starts: [], sets: [...others, filled] };
    }
    return undefined;
  }

  #put(set: EventSet, event: JsonObject): EventSet | undefined {
    const { all, filters } = this.#to;
    if (!all && filters.length === 0)
      return isLifecycleType(event["type"]) ? undefined : { ...set, slots: [...set.slots, event] };
    for (const [slot, filter] of filters.entries()) {
      if (all && set.slots[slot] !== null) continue;
      const bound = filter.take(event, set.bound);
      if (bound !== undefined)
        return { ...set, bound, slots: all ? set.slots.with(slot, event) : [...set.slots, event] };
    }
    return undefined;
  }

  #isFull(set: EventSet): boolean {
    if (this.#to.all) return set.slots.every((event) => event !== null);
    if (set.slots.length >= SET_EVENTS_MAX) return true;
    const result = this.#until?.(eventsOf(set).map((event) => this.#read(event)));
    return result !== undefined && result !== null && result !== false;
  }

  #empty(): EventSet {
    const { all, filters } = this.#to;
    return { digest: this.#record.digest, slots: all ? filters.map(() => null) : [], bound: {} };
  }

  #start(events: readonly JsonObject[]): EventStart {
    const identity = events.map((event) => eventIdentity(event) ?? JSON.stringify(event)).join("\n");
    const chains = events.flatMap((event) => workflowChainIn(event)?.split(" ") ?? []);
    return {
      input: events.map((event) => this.#read(event)),
      key: `schedule:${this.#record.workflowId}:on:${createHash("sha256").update(identity).digest("hex").slice(0, 32)}`,
      ...(chains.length === 0 ? {} : { chain: [...new Set(chains)].join(" ") }),
    };
  }

  /** An event as the workflow gets it. Without `read` it is the envelope: what the released specification and its examples do. */
  #read(event: JsonObject): Json {
    const { schedule }: { readonly schedule: ScheduleDefinition } = this.#record;
    return readEvent(schedule.read ?? "envelope", event);
  }
}

function groupOf(strategy: EventConsumptionStrategy, world: ScheduleWorld): Group {
  const definitions: readonly EventFilter[] =
    strategy.one === undefined ? (strategy.all ?? strategy.any ?? []) : [strategy.one];
  return { all: strategy.all !== undefined, filters: definitions.map((filter) => scheduleFilter(filter, world)) };
}

/** The filters of an `until` strategy met so far and by this event; undefined when it meets none. */
function meet(
  { all, filters }: Group,
  met: readonly number[],
  event: JsonObject,
  bound: JsonObject,
): { readonly met: readonly number[]; readonly bound: JsonObject } | undefined {
  if (filters.length === 0) return all || isLifecycleType(event["type"]) ? undefined : { met, bound };
  for (const [index, filter] of filters.entries()) {
    if (all && met.includes(index)) continue;
    const values = filter.take(event, bound);
    if (values !== undefined) return { met: [...met, index], bound: values };
  }
  return undefined;
}

function isMet({ all, filters }: Group, met: readonly number[]): boolean {
  return !all || filters.every((_filter, index) => met.includes(index));
}

function eventsOf({ slots }: EventSet): readonly JsonObject[] {
  return slots.filter((event) => event !== null);
}
