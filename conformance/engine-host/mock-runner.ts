import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityKind, StartActivity, StartChild, SubscribeMessages } from "@stigmer/core/protocol/command.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { type MockAnswer, MockBook, type Mocks } from "@stigmer/core/simulate/mock.ts";
import { type ActivityContext, ActivityFault, type ActivityRunner } from "../../server/activities/activity.ts";
import type { ObservedCall } from "../host.ts";

/** Lets something of the outside world happen after a virtual delay. */
export type Later = (delayMs: number, happen: () => void) => void;

/** Run of the stand-in for a child that is mocked: its one call answers what the mock says. */
export type StandIns = ReadonlyMap<string, MockAnswer>;

/** What the runner asks of the world it stands in. */
export interface MockWorld {
  readonly mocks: Mocks;
  /** The run whose calls are recorded. */
  readonly observed: string;
  readonly standIns: StandIns;
  readonly later: Later;
  /** The command of its run that an activity belongs to: what tells a repeat after a crash from the next try. */
  commandOf(context: ActivityContext): number;
  /** How many messages of a subscription its run has recorded: where a broker goes on after a crash. */
  recorded(runId: string, subscription: string): number;
}

type RecordedCall = { -readonly [Key in keyof ObservedCall]: ObservedCall[Key] };

/** A call as the world outside knows it: it outlives the process that made it, and whoever asks again gets the same answer at the same time. */
interface Ask {
  readonly answer: MockAnswer;
  readonly record: RecordedCall | undefined;
  over: boolean;
  arrived: number;
  readonly waiting: Set<() => void>;
}

/** Answers activities from mocks, as the simulator does, and records the calls of the run that is observed. A call repeated after a crash is the same call. */
export class MockRunner implements ActivityRunner {
  readonly calls: RecordedCall[] = [];
  readonly #world: MockWorld;
  readonly #books = new Map<string, MockBook>();
  readonly #asks = new Map<string, Ask>();
  readonly #children = new Map<string, ReturnType<MockRunner["child"]>>();

  constructor(world: MockWorld) {
    this.#world = world;
  }

  async run(kind: ActivityKind, input: JsonObject, context: ActivityContext): Promise<Json> {
    const { runId, task, idempotencyKey } = context;
    const { standIns, later } = this.#world;
    const ask = this.#ask(`${runId} ${String(this.#world.commandOf(context))}`, () => {
      const standIn = standIns.get(runId);
      const call: StartActivity = {
        type: "startActivity",
        id: 0,
        kind,
        arguments: input,
        task,
        idempotencyKey,
        delivery: "at-least-once",
      };
      const record =
        standIn === undefined ? this.#record(runId, task, { kind, arguments: input, idempotencyKey }) : undefined;
      const begun = newAsk(standIn ?? this.#bookOf(runId).answer(call) ?? withoutMock(call), record);
      if (begun.answer.never !== true) later(begun.answer.delayMs ?? 0, () => end(begun));
      return begun;
    });
    await this.#end(ask, context.signal);
    if (ask.answer.error !== undefined) throw new ActivityFault(ask.answer.error);
    return ask.answer.output ?? null;
  }

  async consume(
    input: JsonObject,
    context: ActivityContext,
    deliver: (message: JsonObject) => Promise<void>,
  ): Promise<void> {
    const { runId, task, signal, idempotencyKey } = context;
    const { later, recorded } = this.#world;
    const ask = this.#ask(idempotencyKey, () => {
      const call: SubscribeMessages = { type: "subscribe", id: 0, source: "asyncapi", arguments: input, task };
      const record = this.#record(runId, task, { kind: "subscribe", arguments: input });
      const begun = newAsk(this.#bookOf(runId).answer(call) ?? withoutMock(call), record);
      const { messages = [], everyMs = 0, delayMs = 0, never = false, open = never } = begun.answer;
      for (const index of messages.keys()) {
        later(delayMs + index * everyMs, () => {
          begun.arrived = index + 1;
          for (const wake of begun.waiting) wake();
        });
      }
      if (!open) later(delayMs + messages.length * everyMs, () => end(begun));
      return begun;
    });
    const { messages = [], error } = ask.answer;
    let next = recorded(runId, idempotencyKey);
    const take = (): void => {
      for (; next < ask.arrived && !signal.aborted; next++) void deliver(messages[next] as JsonObject);
    };
    if (next < ask.arrived) later(0, take);
    ask.waiting.add(take);
    await this.#end(ask, signal);
    if (error !== undefined) throw new ActivityFault(error);
  }

  /** Records a child run among the calls and gives what its mock says; undefined where it has none. */
  child(parent: string, command: StartChild): { readonly answer: MockAnswer | undefined; cancelled(): void } {
    const name = `${parent} ${String(command.id)}`;
    const known = this.#children.get(name);
    if (known !== undefined) return known;
    const { namespace, name: called, version, input, task } = command;
    const record = this.#record(parent, task, {
      kind: "workflow",
      arguments: { namespace, name: called, version, input },
    });
    const child = {
      answer: this.#bookOf(parent).answer(command),
      cancelled: () => {
        record.cancelled = true;
      },
    };
    this.#children.set(name, child);
    return child;
  }

  #ask(name: string, begin: () => Ask): Ask {
    let ask = this.#asks.get(name);
    if (ask === undefined) {
      ask = begin();
      this.#asks.set(name, ask);
    }
    return ask;
  }

  #record(
    runId: string,
    { name, pointer, attempt }: ActivityContext["task"],
    call: Pick<ObservedCall, "kind" | "arguments" | "idempotencyKey">,
  ): RecordedCall {
    const record: RecordedCall = { task: name, pointer, attempt, cancelled: false, ...call };
    if (runId === this.#world.observed) this.calls.push(record);
    return record;
  }

  #bookOf(runId: string): MockBook {
    let book = this.#books.get(runId);
    if (book === undefined) {
      book = new MockBook(this.#world.mocks);
      this.#books.set(runId, book);
    }
    return book;
  }

  /** Resolves when the call is over; rejects when it is cancelled. */
  #end(ask: Ask, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopped = standardFault("runtime", "Activity stopped", "Cannot complete the call: it was stopped");
      signal.addEventListener("abort", () => {
        if (ask.record !== undefined) ask.record.cancelled = true;
        reject(new ActivityFault(stopped));
      });
      if (ask.over) this.#world.later(0, resolve);
      else ask.waiting.add(() => (ask.over ? resolve() : undefined));
    });
  }
}

function newAsk(answer: MockAnswer, record: RecordedCall | undefined): Ask {
  return { answer, record, over: false, arrived: 0, waiting: new Set() };
}

function end(ask: Ask): void {
  ask.over = true;
  for (const wake of ask.waiting) wake();
}

/** What a call without mock gets: a noop does nothing; anything else is a fault that says what to do. */
function withoutMock(call: StartActivity | SubscribeMessages): MockAnswer {
  if (call.type === "startActivity" && call.kind === "noop") return { output: call.arguments["value"] ?? null };
  return { error: noMock(call.task.name, call.task.pointer) };
}

/** The fault of a call that has no mock, as the simulator words it. */
export function noMock(name: string, pointer: string): NonNullable<MockAnswer["error"]> {
  const detail = `Cannot simulate "${name}": it has no mock, there should be one for "${name}" or "${pointer}"`;
  return standardFault("configuration", "No mock", detail);
}
