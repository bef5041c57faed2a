import { compileSchemaSource } from "./schema-source.ts";
import type { SubscriptionIterator } from "../dsl/model.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { Scope } from "./scope.ts";
import type { ChildRun, CompiledTransformations, TaskRun } from "./task-type.ts";

/** What is done with each consumed event or message, compiled (specification, section Subscription Iterator). */
export interface IteratorSource {
  readonly item: string;
  readonly at: string;
  readonly list?: string;
  readonly transformations: CompiledTransformations;
}

/** Compiles a `foreach`. */
export function compileIterator(iterator: SubscriptionIterator, scope: Scope): IteratorSource {
  const item = iterator.item ?? "item";
  const at = iterator.at ?? "index";
  const inside = scope.withVariables(item, at).inRepetition();
  const { output, export: exported } = iterator;
  return {
    item,
    at,
    ...(iterator.do === undefined ? {} : { list: inside.list(iterator.do, "do").pointer }),
    transformations: {
      ...(output?.as === undefined ? {} : { outputAs: inside.transformation(output.as, "output", "as") }),
      ...(output?.schema === undefined
        ? {}
        : { outputSchema: compileSchemaSource(output.schema, inside, "output", "schema") }),
      ...(exported?.as === undefined ? {} : { exportAs: inside.transformation(exported.as, "export", "as") }),
      ...(exported?.schema === undefined
        ? {}
        : { exportSchema: compileSchemaSource(exported.schema, inside, "export", "schema") }),
    },
  };
}

/** The variables an item's tasks see. */
export function itemVariables(iterator: IteratorSource, item: Json, index: number): JsonObject {
  return { [iterator.item]: item, [iterator.at]: index };
}

/** The run of an item's tasks, on the input of the subscribing task; undefined where the iterator has none. */
export function itemRun(iterator: IteratorSource, run: TaskRun, item: Json, index: number): ChildRun | undefined {
  if (iterator.list === undefined) return undefined;
  return {
    role: "foreach",
    list: iterator.list,
    input: run.input,
    variables: itemVariables(iterator, item, index),
    iteration: index,
  };
}

/** Items in order of consumption, their outputs, and what waits for its turn: the local data of tasks that subscribe. Changed in place. */
export interface Consumption {
  /** Items as read, which conditions see. */
  readonly items: Json[];
  /** Outputs of the iterator; the same as `items` where there is none. */
  readonly outputs: Json[];
  /** Consumed, waiting for the item before to be finished; as delivered. */
  readonly queue: JsonObject[];
  /** The item whose tasks are running, as delivered. */
  current: JsonObject | null;
  /** Nothing more is consumed; the task ends with the queue. */
  closed: boolean;
}

/** A consumption that has not begun. */
export function newConsumption(): Consumption {
  return { items: [], outputs: [], queue: [], current: null, closed: false };
}

/** What the iterator made of the items, by the rule that without iterator it is the items themselves. */
export function consumed(iterator: IteratorSource | undefined, consumption: Consumption): readonly Json[] {
  return iterator === undefined ? consumption.items : consumption.outputs;
}

/** Handles queued items in order until the queue is empty, the tasks of one have to run first (they are given), or `isLast` says that no more are wanted. */
export function advance(
  iterator: IteratorSource | undefined,
  run: TaskRun,
  consumption: Consumption,
  read: (delivered: JsonObject) => Json,
  isLast: () => boolean,
): ChildRun | undefined {
  while (consumption.current === null && consumption.queue.length > 0) {
    const delivered = consumption.queue.shift() as JsonObject;
    const item = read(delivered);
    const index = consumption.items.length;
    consumption.items.push(item);
    const child = iterator === undefined ? undefined : itemRun(iterator, run, item, index);
    if (child !== undefined) {
      consumption.current = delivered;
      return child;
    }
    if (iterator !== undefined) finishItem(iterator, run, consumption, item);
    if (isLast()) break;
  }
  return undefined;
}

/** Ends an item with the raw output of its tasks (or itself): transforms, validates, exports. */
export function finishItem(iterator: IteratorSource, run: TaskRun, consumption: Consumption, raw: Json): void {
  const index = consumption.items.length - 1;
  const variables = itemVariables(iterator, consumption.items[index] as Json, index);
  consumption.outputs.push(run.iterate(iterator.transformations, raw, variables));
  consumption.current = null;
}

/** Puts the item whose tasks were under way when the run stopped back to the front, to be handled again. */
export function restart(consumption: Consumption): void {
  if (consumption.current === null) return;
  consumption.items.pop();
  consumption.queue.unshift(consumption.current);
  consumption.current = null;
}
