import { createHash } from "node:crypto";
import type {
  EventConsumptionStrategy,
  EventFilter as FilterDefinition,
  ScheduleDefinition,
} from "@stigmer/core/dsl/model.ts";
import { type Json, type JsonObject, getKey, jsonEquals } from "@stigmer/core/lib/json.ts";
import type { AttributeMatch, EventFilter } from "@stigmer/core/protocol/command.ts";
import type { EventExpressions } from "../events/event-expressions.ts";
import { matchEvent } from "../events/match-event.ts";
import type { ScheduleRecord } from "../resources/workflow/record-schedule.ts";
import type { EventSet } from "./schedule-record.ts";

const OPEN_SETS_MAX = 1_000;

/** A start that events ask for: its input, and a key that is the same for the same events. */
export interface EventStart {
  readonly input: readonly Json[];
  readonly key: string;
}

/** What one event leads to: starts, and the sets of events that are still open (specification, section Schedule, `on`). */
export function offerEvent(
  record: ScheduleRecord,
  sets: readonly EventSet[],
  event: JsonObject,
  expressions: EventExpressions,
): { readonly starts: readonly EventStart[]; readonly sets: readonly EventSet[] } {
  const strategy = record.schedule.on as EventConsumptionStrategy;
  if (strategy.all === undefined) {
    const filters = strategy.one === undefined ? (strategy.any ?? []) : [strategy.one];
    const matches =
      filters.length === 0 || filters.some((filter) => taken(filter, event, {}, expressions) !== undefined);
    return { starts: matches ? [start(record, [event])] : [], sets };
  }
  return offerToAll(record, strategy.all, sets, event, expressions);
}

function offerToAll(
  record: ScheduleRecord,
  filters: readonly FilterDefinition[],
  known: readonly EventSet[],
  event: JsonObject,
  expressions: EventExpressions,
) {
  const sets = known.filter(({ digest }) => digest === record.digest);
  const empty: EventSet = { digest: record.digest, slots: filters.map(() => null), bound: {} };
  for (const [at, set] of [...sets, empty].entries()) {
    for (const [slot, filter] of filters.entries()) {
      const bound = set.slots[slot] === null ? taken(filter, event, set.bound, expressions) : undefined;
      if (bound === undefined) continue;
      const filled: EventSet = { ...set, slots: set.slots.with(slot, event), bound };
      const others = sets.filter((_set, index) => index !== at);
      if (filled.slots.every((item) => item !== null))
        return { starts: [start(record, filled.slots as readonly JsonObject[])], sets: others };
      return { starts: [], sets: [...others, filled].slice(-OPEN_SETS_MAX) };
    }
  }
  return { starts: [], sets };
}

/** The correlation values bound so far when the filter takes the event; undefined when it does not. */
function taken(
  filter: FilterDefinition,
  event: JsonObject,
  bound: JsonObject,
  expressions: EventExpressions,
): JsonObject | undefined {
  if (!matchEvent(event, eventFilter(filter), expressions)) return undefined;
  let values = bound;
  for (const [name, { from, expect }] of Object.entries(filter.correlate ?? {})) {
    const value = expressions.first(bare(from), event);
    if (value === undefined || value === null) return undefined;
    const wanted = expect ?? getKey(bound, name);
    if (wanted !== undefined && !jsonEquals(wanted, value)) return undefined;
    values = { ...values, [name]: value };
  }
  return values;
}

/** A filter of the definition in the form that events are matched against. */
export function eventFilter(filter: FilterDefinition): EventFilter {
  const demands: Record<string, AttributeMatch> = {};
  for (const [name, value] of Object.entries(filter.with as JsonObject)) demands[name] = demand(value);
  return { with: demands };
}

function demand(value: Json): AttributeMatch {
  if (typeof value !== "string") return { equals: value };
  if (/^\s*\$\{[\s\S]*\}\s*$/u.test(value)) return { expression: bare(value) };
  return /[\^$*+?()[\]{}|\\]/u.test(value) ? { pattern: value } : { equals: value };
}

const bare = (source: string): string => source.trim().replace(/^\$\{([\s\S]*)\}$/u, "$1");

function start(record: ScheduleRecord, events: readonly JsonObject[]): EventStart {
  const identity = events
    .map((event) => `${String(getKey(event, "source"))}\n${String(getKey(event, "id"))}`)
    .join("\n");
  return {
    input: events.map((event) => read(record.schedule, event)),
    key: `schedule:${record.workflowId}:on:${createHash("sha256").update(identity).digest("hex").slice(0, 32)}`,
  };
}

/** An event as the workflow gets it. Without `read` it is the envelope: what the released specification and its examples do. */
function read(schedule: ScheduleDefinition, event: JsonObject): Json {
  const mode = schedule.read ?? "envelope";
  if (mode === "envelope") return event;
  const data = getKey(event, "data") ?? getKey(event, "data_base64") ?? null;
  return mode === "data" || typeof data === "string" || data === null ? data : JSON.stringify(data);
}
