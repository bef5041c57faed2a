import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { visitTasks } from "@stigmer/core/check/task-visit.ts";
import type { Program } from "@stigmer/core/interpreter/program.ts";
import type { RunState } from "@stigmer/core/interpreter/run-state.ts";
import { step } from "@stigmer/core/interpreter/step.ts";
import { type Json, type JsonObject, jsonEquals } from "@stigmer/core/lib/json.ts";
import type { StartActivity, StartChild, SubscribeMessages } from "@stigmer/core/protocol/command.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import type { AnswerSpec, CaseSpec, ExpectSpec } from "./test-file.ts";

type Call = StartActivity | StartChild | SubscribeMessages;

/** A call a run made and what came of it. */
interface RecordedCall {
  readonly command: Call;
  readonly atMs: number;
  answer: AnswerSpec | undefined;
  readonly messages: JsonObject[];
}

/** Writes down a run as a case of a test: what it was given, what each call answered and when, the events and controls that came, and how it ended. The facts are those of its journal, in order. */
export function recordCase(
  name: string,
  document: WorkflowDocument,
  program: Program,
  facts: readonly RunEvent[],
): CaseSpec {
  const [started] = facts;
  if (started?.type !== "started") throw new Error("assertion: a journal begins with its start");
  const startMs = started.at;
  const calls = new Map<number, RecordedCall>();
  const path: string[] = [];
  const published = new Set<string>();
  const events: NonNullable<CaseSpec["events"]>[number][] = [];
  const controls: NonNullable<CaseSpec["controls"]>[number][] = [];
  let state: RunState | undefined;
  for (const fact of facts) {
    note(fact);
    const result = step(program, state, fact);
    ({ state } = result);
    path.push(...result.trace.filter(({ moment }) => moment === "started").map(({ task }) => task));
    for (const command of result.commands) {
      if (
        command.type === "startActivity" ||
        command.type === "startChild" ||
        (command.type === "subscribe" && command.source === "asyncapi")
      )
        calls.set(command.id, { command, atMs: fact.at, answer: undefined, messages: [] });
      if (command.type === "publish") published.add(identity(command.event));
    }
  }
  return {
    name,
    given: {
      input: started.input,
      ...(Object.keys(started.env).length === 0 ? {} : { env: started.env }),
      ...(Object.keys(started.secrets).length === 0 ? {} : { secrets: started.secrets }),
      at: new Date(startMs).toISOString(),
    },
    ...someOf("mocks", mocksOf([...calls.values()], document)),
    ...(events.length === 0 ? {} : { events }),
    ...(controls.length === 0 ? {} : { controls }),
    expect: expectation(state as RunState, path, [...calls.values()]),
  };

  function note(fact: RunEvent): void {
    switch (fact.type) {
      case "activityCompleted":
      case "childCompleted":
        return answer(fact, { output: fact.output });
      case "activityFailed":
      case "childFailed":
        return answer(fact, { error: errorOf(fact.fault) });
      case "subscriptionEnded":
        return answer(fact, fact.fault === undefined ? {} : { error: errorOf(fact.fault) });
      case "eventDelivered": {
        const call = calls.get(fact.id);
        if (call !== undefined) call.messages.push(fact.event);
        // What a run publishes comes back to it by itself.
        else if (!published.has(identity(fact.event)))
          events.push({ after: durationOf(fact.at - startMs), ...fact.event } as (typeof events)[number]);
        return;
      }
      case "suspended":
      case "resumed":
      case "cancelled":
      case "retried":
      case "skipped":
      case "jumped":
      case "patched": {
        const { at, type, ...rest } = fact;
        const { pointer, iterations: _iterations, ...others } = rest as JsonObject & { readonly pointer?: string };
        controls.push({
          after: durationOf(at - startMs),
          type,
          ...(pointer === undefined ? {} : { task: pointer }),
          ...others,
        } as (typeof controls)[number]);
        return;
      }
      default:
    }
  }

  function answer({ id, at }: { readonly id: number; readonly at: number }, given: AnswerSpec): void {
    const call = calls.get(id);
    if (call === undefined) return;
    call.answer = at > call.atMs ? { ...given, delay: durationOf(at - call.atMs) } : given;
  }
}

function identity(event: JsonObject): string {
  return JSON.stringify([event["source"] ?? "", event["id"] ?? ""]);
}

/** Answers by task, one a call in the order the calls were made; the name where it is the only one, else the pointer. */
function mocksOf(calls: readonly RecordedCall[], document: WorkflowDocument): NonNullable<CaseSpec["mocks"]> {
  const names = visitTasks(document).tasks.map(({ name }) => name);
  const byTask = new Map<string, AnswerSpec[]>();
  for (const { command, answer, messages } of calls) {
    const { name, pointer } = command.task;
    const key = names.filter((one) => one === name).length === 1 ? name : pointer;
    const said: AnswerSpec =
      command.type === "subscribe"
        ? { messages, ...(answer === undefined ? { open: true } : answer) }
        : (answer ?? { never: true });
    byTask.set(key, [...(byTask.get(key) ?? []), said]);
  }
  return Object.fromEntries(
    [...byTask].map(([task, answers]) => {
      const [first] = answers as [AnswerSpec];
      const same = answers.every((one) => jsonEquals(one as Json, first as Json));
      return [task, same ? first : { sequence: answers }];
    }),
  );
}

/** The type by the name it has in the specification where it is a standard one; what a run added on its way is left out. */
function errorOf(fault: Fault): JsonObject {
  const { type, status, title, detail } = fault;
  return {
    type,
    status,
    ...(title === undefined ? {} : { title }),
    ...(detail === undefined ? {} : { detail }),
  };
}

function expectation(
  { status, output, fault }: RunState,
  path: readonly string[],
  calls: readonly RecordedCall[],
): ExpectSpec {
  const counts = new Map<string, number>();
  for (const { command } of calls) counts.set(command.task.name, (counts.get(command.task.name) ?? 0) + 1);
  return {
    status,
    ...(status === "completed" && output !== undefined ? { output } : {}),
    ...(status === "faulted" && fault !== undefined ? { error: errorOf(fault) } : {}),
    path,
    ...someOf("calls", Object.fromEntries(counts)),
  };
}

function someOf<Key extends string, Value extends object>(key: Key, value: Value): { readonly [K in Key]?: Value } {
  return (Object.keys(value).length === 0 ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}

/** Milliseconds as people write them: `PT1.5S`, `PT2M`. */
function durationOf(ms: number): string {
  const seconds = Math.round(Math.max(0, ms)) / 1000;
  return seconds >= 120 && seconds % 60 === 0 ? `PT${seconds / 60}M` : `PT${seconds}S`;
}
