import type { AsyncApiSubscription } from "../dsl/model.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { Evaluator } from "./evaluator.ts";
import type { DurationSource, Scope } from "./scope.ts";
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
import {
  type Answer,
  type ChildResult,
  type Draft,
  type Outcome,
  type TaskRun,
  complete,
  fail,
  going,
} from "./task-type.ts";

/** What an AsyncAPI call consumes, compiled (specification, section AsyncAPI Subscription). */
export interface MessagesSource {
  readonly filter?: Evaluator;
  readonly amount?: number;
  readonly while?: Evaluator;
  readonly until?: Evaluator;
  readonly for?: DurationSource;
  readonly iterator?: IteratorSource;
}

/** Compiles a subscription. */
export function compileMessages(subscription: AsyncApiSubscription, scope: Scope): MessagesSource {
  const { filter, consume, foreach } = subscription;
  return {
    ...(filter === undefined ? {} : { filter: scope.bare(filter, "filter") }),
    ...(consume.amount === undefined ? {} : { amount: consume.amount }),
    ...(consume.while === undefined ? {} : { while: scope.bare(consume.while, "consume", "while") }),
    ...(consume.until === undefined ? {} : { until: scope.bare(consume.until, "consume", "until") }),
    ...(consume.for === undefined ? {} : { for: scope.duration(consume.for, "consume", "for") }),
    ...(foreach === undefined ? {} : { iterator: compileIterator(foreach, scope.at("foreach")) }),
  };
}

/** Begins to consume; a condition that holds before the first message ends the task without one. */
export function startMessages(source: MessagesSource, run: TaskRun, args: JsonObject): Outcome {
  const consumption = newConsumption();
  if (isEnough(source, run, consumption)) return complete([]);
  return going({ local: consumption as unknown as Json, start: subscription(source, run, args) });
}

/** The subscription and, where there is one, the time for it, which begins now. */
function subscription(source: MessagesSource, run: TaskRun, args: JsonObject): readonly Draft[] {
  const subscribe: Draft = { role: "messages", type: "subscribe", arguments: args };
  if (source.for === undefined) return [subscribe];
  return [subscribe, { role: "for", type: "setTimer", dueAt: run.dueAt(source.for) }];
}

/** A message, the end of the subscription, or the end of the time for it: in the last two cases what was consumed is handled to its end. */
export function answerMessages(source: MessagesSource, run: TaskRun, answer: Answer): Outcome {
  const consumption = run.local as unknown as Consumption;
  if (answer.type === "failed") return fail(answer.fault);
  if (answer.type !== "message") consumption.closed = true;
  else if (consumption.closed || (source.filter !== undefined && !run.test(source.filter, answer.message)))
    return going({});
  else consumption.queue.push(answer.message);
  return proceed(source, run, consumption);
}

/** The tasks of a message ended. */
export function finishMessage(source: MessagesSource, run: TaskRun, child: ChildResult): Outcome {
  const consumption = run.local as unknown as Consumption;
  if (source.iterator !== undefined) finishItem(source.iterator, run, consumption, child.output);
  return isEnough(source, run, consumption) ? done(source, consumption) : proceed(source, run, consumption);
}

/** Consumes again after the run had stopped; what was consumed before stays. */
export function reviveMessages(source: MessagesSource, run: TaskRun, args: JsonObject): Outcome {
  const consumption = run.local as unknown as Consumption | null;
  if (consumption === null) return startMessages(source, run, args);
  restart(consumption);
  const outcome = proceed(source, run, consumption);
  if (outcome.type !== "continue" || consumption.closed) return outcome;
  return { ...outcome, start: subscription(source, run, args) };
}

/** Subscribes again beside the tasks of a message that go on after the run had stopped, unless nothing more was to be consumed. */
export function rearmMessages(source: MessagesSource, run: TaskRun, args: JsonObject): readonly Draft[] {
  return (run.local as unknown as Consumption).closed ? [] : subscription(source, run, args);
}

function proceed(source: MessagesSource, run: TaskRun, consumption: Consumption): Outcome {
  let enough = false;
  const child = advance(
    source.iterator,
    run,
    consumption,
    (message) => message,
    () => (enough = isEnough(source, run, consumption)),
  );
  if (child !== undefined) return going({ run: [child] });
  const ended = consumption.closed && consumption.current === null && consumption.queue.length === 0;
  return enough || ended ? done(source, consumption) : going({});
}

function done(source: MessagesSource, consumption: Consumption): Outcome {
  return complete([...consumed(source.iterator, consumption)]);
}

/** Whether consumption ends before the next message; conditions see the messages so far as `.` and the context as it is by then. */
function isEnough({ amount, while: condition, until }: MessagesSource, run: TaskRun, { items }: Consumption): boolean {
  if (amount !== undefined && items.length >= amount) return true;
  if (until !== undefined && run.test(until, items)) return true;
  return condition !== undefined && !run.test(condition, items);
}
