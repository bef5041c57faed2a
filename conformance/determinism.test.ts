import { afterAll, describe, expect, test } from "vitest";
import { loadWorkflow } from "@stigmer/core/check/load.ts";
import {
  compileProgram,
  outstanding,
  replay,
  step,
  waitingFor,
  type RunState,
} from "@stigmer/core/interpreter/interpreter.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import type { Command } from "@stigmer/core/protocol/command.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import { simulate } from "@stigmer/core/simulate/simulate.ts";
import { simulationOf } from "./simulate-host.ts";
import { allCases } from "./tables.ts";

/*
 * What every host relies on, shown on the run of every case: the facts of a run lead to the same state, commands and trace again; the state survives a trip through text after each fact; nothing
 * that comes in is changed; and what is outstanding is what was issued and not taken back.
 */

const cases = allCases().filter(({ want }) => want.invalid === undefined);
let steps = 0;

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) frozen(item);
  }
  return value;
}

function copy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

/** Ids of commands issued and neither answered nor taken back, by reading the commands and facts alone. */
function openIds(commands: readonly Command[], events: readonly RunEvent[]): ReadonlySet<number> {
  const open = new Set<number>();
  for (const command of commands) {
    if (["startActivity", "setTimer", "subscribe", "startChild"].includes(command.type))
      open.add((command as { readonly id: number }).id);
    if (["cancelActivity", "clearTimer", "unsubscribe", "cancelChild"].includes(command.type))
      open.delete((command as { readonly id: number }).id);
  }
  const detached = new Set(
    commands.flatMap((command) => (command.type === "startChild" && !command.await ? [command.id] : [])),
  );
  for (const event of events) {
    if (
      [
        "activityCompleted",
        "activityFailed",
        "timerFired",
        "childCompleted",
        "childFailed",
        "subscriptionEnded",
      ].includes(event.type)
    )
      open.delete((event as { readonly id: number }).id);
    if (event.type === "childStarted" && detached.has(event.id)) open.delete(event.id);
  }
  return open;
}

describe("the run of every case", () => {
  test.each(cases)("$feature: $name", (one) => {
    const { document } = loadWorkflow(one.source ?? JSON.stringify(one.document));
    if (document === undefined) throw new Error("assertion: the case is valid");
    const program = compileProgram(frozen(copy(document)));
    const issued: Command[] = [];
    const traced: Json[] = [];
    const result = simulate({
      ...simulationOf(one),
      document,
      program,
      observe(_event, _state, trace, _before, commands) {
        issued.push(...commands);
        traced.push(...(trace as unknown as Json[]));
      },
    });
    const events = result.history;
    steps += events.length;
    const again = replay(
      program,
      events.map((event) => frozen(copy(event))),
    );
    expect(again.state).toEqual(result.state);
    expect(again.commands).toEqual(issued);
    expect(again.trace).toEqual(traced);

    // A program compiled anew and a state that went through text after every fact.
    const other = compileProgram(document);
    let state: RunState | undefined;
    const commands: Command[] = [];
    for (const event of events) {
      const next = step(other, state, event);
      commands.push(...next.commands);
      state = copy(next.state);
      waitingFor(other, state);
    }
    expect(state).toEqual(copy(result.state));
    expect(commands).toEqual(issued);
    if (state === undefined) throw new Error("assertion: the run has started");
    const open = outstanding(other, state).flatMap((command) => ("id" in command ? [command.id] : []));
    expect(new Set(open)).toEqual(openIds(issued, events));
    for (const command of outstanding(other, state)) if ("id" in command) expect(issued).toContainEqual(command);
  });
});

afterAll(() => {
  console.log(`determinism: ${cases.length} runs of ${steps} facts`);
});
