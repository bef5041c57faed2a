import type { Json, JsonObject } from "../lib/json.ts";
import type { StartActivity, StartChild, SubscribeMessages } from "../protocol/command.ts";
import type { Fault } from "../protocol/fault.ts";

/** What a mocked call answers: an output or an error, after a delay, or never. */
export interface MockAnswer {
  readonly output?: Json;
  readonly error?: Fault;
  readonly delayMs?: number;
  /** The call never ends: only a timeout or a cancellation gets past it. */
  readonly never?: boolean;
  /** Messages of a subscription, one after the other, `everyMs` apart; then it ends unless `open`. */
  readonly messages?: readonly JsonObject[];
  readonly everyMs?: number;
  readonly open?: boolean;
}

/** What is called: an activity, a child workflow, or a subscription to messages. */
export type MockedCall = StartActivity | StartChild | SubscribeMessages;

/**
 * The mock of a task: one answer for every call, several for one call after the other (the last one stays), or a function of the call. A function gives undefined for a call it does not know.
 */
export type Mock = MockAnswer | readonly MockAnswer[] | ((call: MockedCall, count: number) => MockAnswer | undefined);

/** Mocks by pointer or name of the task; `*` stands for all others. */
export interface Mocks {
  readonly [task: string]: Mock;
}

/** The answer to a call. A call without mock fails with a configuration fault that says how to mock it. */
export class MockBook {
  readonly #mocks: Mocks;
  readonly #counts = new Map<string, number>();

  constructor(mocks: Mocks) {
    this.#mocks = mocks;
  }

  /** The mock's answer; undefined where there is none. */
  answer(call: MockedCall): MockAnswer | undefined {
    const { pointer, name } = call.task;
    const key = [pointer, name, "*"].find((candidate) => Object.hasOwn(this.#mocks, candidate));
    if (key === undefined) return undefined;
    const mock = this.#mocks[key] as Mock;
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    if (typeof mock === "function") return mock(call, count);
    return isSequence(mock) ? mock[Math.min(count, mock.length - 1)] : mock;
  }
}

function isSequence(mock: MockAnswer | readonly MockAnswer[]): mock is readonly MockAnswer[] {
  return Array.isArray(mock);
}
