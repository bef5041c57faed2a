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

type RecordedCall = { -readonly [Key in keyof ObservedCall]: ObservedCall[Key] };

/** Answers activities from mocks, as the simulator does, and records the calls of the run that is observed. */
export class MockRunner implements ActivityRunner {
  readonly calls: RecordedCall[] = [];
  readonly #mocks: Mocks;
  readonly #observed: string;
  readonly #standIns: StandIns;
  readonly #later: Later;
  readonly #books = new Map<string, MockBook>();

  constructor(mocks: Mocks, observed: string, standIns: StandIns, later: Later) {
    this.#mocks = mocks;
    this.#observed = observed;
    this.#standIns = standIns;
    this.#later = later;
  }

  async run(kind: ActivityKind, input: JsonObject, context: ActivityContext): Promise<Json> {
    const { runId, task, idempotencyKey } = context;
    const standIn = this.#standIns.get(runId);
    if (standIn === undefined) this.#record({ kind, arguments: input, idempotencyKey }, context);
    const call: StartActivity = {
      type: "startActivity",
      id: 0,
      kind,
      arguments: input,
      task,
      idempotencyKey,
      delivery: "at-least-once",
    };
    const answer = standIn ?? this.#bookOf(runId).answer(call) ?? withoutMock(call);
    await this.#pass(answer.delayMs ?? 0, answer.never === true, context.signal);
    if (answer.error !== undefined) throw new ActivityFault(answer.error);
    return answer.output ?? null;
  }

  async consume(
    input: JsonObject,
    context: ActivityContext,
    deliver: (message: JsonObject) => Promise<void>,
  ): Promise<void> {
    const { runId, task, signal } = context;
    this.#record({ kind: "subscribe", arguments: input }, context);
    const call: SubscribeMessages = { type: "subscribe", id: 0, source: "asyncapi", arguments: input, task };
    const answer = this.#bookOf(runId).answer(call) ?? withoutMock(call);
    const { messages = [], everyMs = 0, delayMs = 0, never = false, open = never, error } = answer;
    for (const [index, message] of messages.entries()) {
      this.#later(delayMs + index * everyMs, () => {
        if (!signal.aborted) void deliver(message);
      });
    }
    await this.#pass(delayMs + messages.length * everyMs, open, signal);
    if (error !== undefined) throw new ActivityFault(error);
  }

  /** Records a child run among the calls and gives what its mock says; undefined where it has none. */
  child(parent: string, command: StartChild): { readonly answer: MockAnswer | undefined; cancelled(): void } {
    const { namespace, name, version, input, task } = command;
    const record = this.#add(parent, task, { kind: "workflow", arguments: { namespace, name, version, input } });
    return {
      answer: this.#bookOf(parent).answer(command),
      cancelled: () => {
        record.cancelled = true;
      },
    };
  }

  #record(call: Pick<ObservedCall, "kind" | "arguments" | "idempotencyKey">, context: ActivityContext): void {
    const record = this.#add(context.runId, context.task, call);
    context.signal.addEventListener("abort", () => {
      record.cancelled = true;
    });
  }

  #add(
    runId: string,
    { name, pointer, attempt }: ActivityContext["task"],
    call: Pick<ObservedCall, "kind" | "arguments" | "idempotencyKey">,
  ): RecordedCall {
    const record: RecordedCall = { task: name, pointer, attempt, cancelled: false, ...call };
    if (runId === this.#observed) this.calls.push(record);
    return record;
  }

  #bookOf(runId: string): MockBook {
    let book = this.#books.get(runId);
    if (book === undefined) {
      book = new MockBook(this.#mocks);
      this.#books.set(runId, book);
    }
    return book;
  }

  /** Resolves after the delay, unless never; rejects when the call is cancelled. */
  #pass(delayMs: number, never: boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopped = standardFault("runtime", "Activity stopped", "Cannot complete the call: it was stopped");
      signal.addEventListener("abort", () => reject(new ActivityFault(stopped)));
      if (!never) this.#later(delayMs, resolve);
    });
  }
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
