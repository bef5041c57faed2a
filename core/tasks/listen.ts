import type {
  EventConsumptionStrategy,
  EventFilter as EventFilterDefinition,
  EventRead,
  ListenTask,
} from "../dsl/model.ts";
import { type Json, type JsonObject, getKey } from "../lib/json.ts";
import type { Evaluator } from "./evaluator.ts";
import {
  type Correlations,
  type FilterSource,
  compileFilter,
  describeFilter,
  earlyFilter,
  evaluateExpectations,
  hostFilter,
  isLifecycleEvent,
  matchEvent,
} from "./event-match.ts";
import {
  type Consumption,
  type IteratorSource,
  advance,
  compileIterator,
  consumed,
  finishItem,
  newConsumption,
  restart,
} from "./subscription-iterator.ts";
import { readEvent } from "./read-event.ts";
import type { Scope } from "./scope.ts";
import { complete, going, type Outcome, type TaskRun, type TaskType } from "./task-type.ts";

type Strategy = "one" | "any" | "all";

/** A group of filters and how many of them must be met; `offset` numbers its filters within the task. */
interface Group {
  readonly strategy: Strategy;
  readonly filters: readonly FilterSource[];
  readonly offset: number;
}

interface ListenBody {
  readonly to: Group;
  /** Ends the listening: a condition over the events so far, or events of its own. */
  readonly until?: Evaluator;
  readonly untilEvents?: Group;
  readonly read: EventRead;
  readonly iterator?: IteratorSource;
}

interface ListenLocal extends Consumption, Correlations {
  readonly bound: Record<string, Json>;
  /** Numbers of the filters that were met. */
  readonly met: number[];
}

/**
 * `listen`: waits for events and gives them as an array, in order of consumption. `one` takes the first that matches, `any` too unless `until` says how long, `all` one event for each filter.
 * With `foreach`, each event is handled to its end before the next. An event is consumed when it is accepted; what was accepted but is no longer wanted when the task ends goes back.
 */
export const listenTask: TaskType<ListenBody> = {
  kind: "listen",
  compile(definition, scope) {
    const { listen, foreach } = definition as ListenTask;
    const place = scope.at("listen", "to");
    const to = compileGroup(listen.to, 0, place);
    const { until } = listen.to;
    return {
      to,
      ...(typeof until === "string" ? { until: place.bare(until, "until") } : {}),
      ...(typeof until === "object" ? { untilEvents: compileGroup(until, to.filters.length, place.at("until")) } : {}),
      read: listen.read ?? "data",
      ...(foreach === undefined ? {} : { iterator: compileIterator(foreach, scope.at("foreach")) }),
    };
  },
  start(body, run) {
    if (body.to.strategy === "all" && body.to.filters.length === 0) return complete([]);
    const expected = evaluateExpectations([...body.to.filters, ...(body.untilEvents?.filters ?? [])], run);
    const local: ListenLocal = { ...newConsumption(), expected, bound: {}, met: [] };
    return going({ local: local as unknown as Json });
  },
  revive(body, run) {
    const local = run.local as unknown as ListenLocal | null;
    if (local === null) return listenTask.start(body, run);
    restart(local);
    return proceed(body, run, local);
  },
  offered(body, run, event) {
    const local = run.local as unknown as ListenLocal;
    if (local.closed) return undefined;
    if (body.untilEvents !== undefined && accept(body.untilEvents, run, local, event)) {
      local.closed = isSatisfied(body.untilEvents, local);
      return proceed(body, run, local);
    }
    if (!accept(body.to, run, local, event)) return undefined;
    local.closed = body.until === undefined && body.untilEvents === undefined && isSatisfied(body.to, local);
    local.queue.push(event);
    return proceed(body, run, local);
  },
  finished(body, run, child) {
    const local = run.local as unknown as ListenLocal;
    if (body.iterator !== undefined) finishItem(body.iterator, run, local, child.output);
    endsByCondition(body, run, local);
    return proceed(body, run, local);
  },
  leftover(local) {
    return ((local as unknown as ListenLocal | null)?.queue ?? []) as readonly JsonObject[];
  },
  filters(body, run) {
    const local = run.local as unknown as ListenLocal;
    if (local.closed) return [];
    const wanted = ({ strategy, filters, offset }: Group): ReturnType<typeof hostFilter>[] => {
      if (filters.length === 0) return [{ with: {} }];
      return filters.flatMap((filter, index) =>
        strategy === "all" && local.met.includes(offset + index) ? [] : [hostFilter(filter, offset + index, local)],
      );
    };
    return [...wanted(body.to), ...(body.untilEvents === undefined ? [] : wanted(body.untilEvents))];
  },
  earlyFilters(body, run) {
    const filters = [...body.to.filters, ...(body.untilEvents?.filters ?? [])];
    return filters.flatMap((filter) => earlyFilter(filter, run) ?? []);
  },
  correlations(body, local) {
    const { expected, bound } = (local as unknown as ListenLocal | null) ?? { expected: {}, bound: {} };
    const filters = [...body.to.filters, ...(body.untilEvents?.filters ?? [])];
    const values: Record<string, Json> = { ...bound };
    for (const [index, { correlations }] of filters.entries()) {
      for (const { name } of correlations) {
        const value = getKey(expected, `${index}.${name}`);
        if (value !== undefined) values[name] = value;
      }
    }
    return filters.some(({ correlations }) => correlations.length > 0) ? values : undefined;
  },
  describe({ to }, local) {
    const { met } = (local as unknown as ListenLocal | null) ?? { met: [] as number[] };
    const open = to.filters.filter((_filter, index) => to.strategy !== "all" || !met.includes(index));
    if (to.filters.length === 0) return "any event";
    return open.map(describeFilter).join(to.strategy === "all" ? " and " : " or ");
  },
};

function compileGroup(strategy: EventConsumptionStrategy, offset: number, scope: Scope): Group {
  const compile = (key: Strategy, filters: readonly EventFilterDefinition[]): Group => ({
    strategy: key,
    offset,
    filters: filters.map((filter, index) =>
      compileFilter(filter, key === "one" ? scope.at(key) : scope.at(key, index)),
    ),
  });
  if (strategy.one !== undefined) return compile("one", [strategy.one]);
  if (strategy.all !== undefined) return compile("all", strategy.all);
  if (strategy.any !== undefined) return compile("any", strategy.any);
  throw scope.error('Cannot listen: the strategy is neither "one", "any" nor "all"');
}

/** Consumes an event for the first filter of the group that wants it, and remembers what it binds. */
function accept({ strategy, filters, offset }: Group, run: TaskRun, local: ListenLocal, event: JsonObject): boolean {
  if (strategy === "any" && filters.length === 0) return !isLifecycleEvent(event);
  for (const [index, filter] of filters.entries()) {
    if (strategy === "all" && local.met.includes(offset + index)) continue;
    const binds = matchEvent(filter, offset + index, event, run, local);
    if (binds === undefined) continue;
    Object.assign(local.bound, binds);
    local.met.push(offset + index);
    return true;
  }
  return false;
}

function isSatisfied({ strategy, filters, offset }: Group, local: ListenLocal): boolean {
  return strategy !== "all" || filters.every((_filter, index) => local.met.includes(offset + index));
}

/** Handles what is queued, and ends the task where nothing more is wanted. Without `until`, what was accepted is handled to its end; an `until` that holds ends it at once. */
function proceed(body: ListenBody, run: TaskRun, local: ListenLocal): Outcome {
  const enough = (): boolean => endsByCondition(body, run, local);
  const ended = body.until !== undefined && local.closed;
  const child = ended ? undefined : advance(body.iterator, run, local, (event) => readEvent(body.read, event), enough);
  if (child === undefined && local.current === null && local.closed)
    return complete([...consumed(body.iterator, local)]);
  return going({ local: local as unknown as Json, ...(child === undefined ? {} : { run: [child] }) });
}

/** Whether the condition over the events so far holds; from then on nothing is consumed. */
function endsByCondition({ until }: ListenBody, run: TaskRun, local: ListenLocal): boolean {
  if (until === undefined || !run.test(until, local.items)) return false;
  local.closed = true;
  return true;
}
