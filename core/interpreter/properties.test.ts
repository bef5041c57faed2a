import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WorkflowDocument } from "../dsl/model.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { Command } from "../protocol/command.ts";
import type { RunEvent } from "../protocol/event.ts";
import { isTerminal } from "../protocol/state.ts";
import { type Program, type RunState, checkControl, compileProgram, outstanding, replay, step } from "./interpreter.ts";

/* Laws that hold for every workflow and every order of facts, tried on random ones. */

const { tree } = fc.letrec<{ tree: Json; list: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json>(
      { set: { n: "${ (.n? // 0) + 1 }" } },
      { call: "noop:1.0.0@default", with: { value: "${ . }" } },
      { call: "http", with: { method: "get", endpoint: "https://x.example" } },
      { wait: "PT5S" },
      { wait: "PT5S", timeout: { after: "PT2S" } },
      { raise: { error: { type: "https://x.example/e", status: 500 } } },
      { if: "false", set: { no: 1 } },
      { emit: { event: { with: { type: "t" } } } },
      { listen: { to: { one: { with: { type: "t" } } } } },
      {
        listen: { to: { any: [{ with: { type: "t" } }], until: "length == 2" } },
        foreach: { do: [{ w: { wait: "PT1S" } }] },
      },
      { set: { last: true }, then: "exit" },
      { set: { error: "${ .n.n.n }" }, export: { as: "$context + { k: 1 }" } },
      { run: { shell: { command: "ls" }, await: false } },
      { run: { workflow: { namespace: "a", name: "b", version: "latest" } } },
    ),
    tie("list").map((list) => ({ do: list })),
    tie("list").map((list) => ({ for: { in: "[1,2]" }, do: list })),
    tie("list").map((list) => ({
      try: list,
      catch: {
        retry: { delay: "PT1S", limit: { attempt: { count: 1, duration: "PT3S" } } },
        do: [{ h: { set: { handled: true } } }],
      },
    })),
    fc
      .tuple(tie("list"), fc.boolean())
      .map(([branches, compete]) => ({ fork: { branches: branches as Json[], compete } })),
  ),
  list: fc
    .array(tie("tree"), { minLength: 1, maxLength: 3 })
    .map((tasks) => tasks.map((task, index) => ({ [`t${index}`]: task }))),
}));

const documents = fc.array(tree, { minLength: 1, maxLength: 3 }).map(
  (tasks) =>
    ({
      document: { dsl: "1.0.3", namespace: "test", name: "random", version: "1.0.0" },
      do: tasks.map((task, index) => ({ [`r${index}`]: task })),
    }) as unknown as WorkflowDocument,
);

const started: RunEvent = {
  type: "started",
  at: 0,
  runId: "r",
  workflow: { namespace: "test", name: "random", version: "1.0.0", digest: "" },
  input: { n: 0 },
  env: {},
  secrets: {},
  runtime: { name: "stigmer", version: "test", metadata: {} },
};

/** A fact that answers something outstanding, or a control, chosen by numbers. */
function nextFact(program: Program, state: RunState, at: number, pick: number, kind: number): RunEvent | undefined {
  const control = controlFact(state, at, pick, kind);
  if (control !== undefined && checkControl(program, state, control) === undefined) return control;
  if (isTerminal(state.status)) return undefined;
  const open = outstanding(program, state);
  const command = open[pick % Math.max(1, open.length)];
  if (command === undefined) return undefined;
  switch (command.type) {
    case "startActivity":
      return kind % 3 === 0
        ? { type: "activityFailed", at, id: command.id, fault: { type: "communication", status: 503 } }
        : { type: "activityCompleted", at, id: command.id, output: { n: kind } };
    case "startChild":
      return kind % 3 === 0 || !command.await
        ? { type: "childStarted", at, id: command.id, runId: "c", version: "1.0.0" }
        : { type: "childCompleted", at, id: command.id, output: kind };
    case "setTimer":
      return { type: "timerFired", at: Math.max(at, command.dueAt), id: command.id };
    case "subscribe":
      return {
        type: "eventDelivered",
        at,
        id: command.id,
        event: { id: `e${at}`, source: "s", type: "t", data: kind },
      };
    case "yield":
      return { type: "continued", at };
    default:
      return undefined;
  }
}

function controlFact(
  state: RunState,
  at: number,
  pick: number,
  kind: number,
): Parameters<typeof checkControl>[2] | undefined {
  if (kind < 90) return isTerminal(state.status) && kind < 30 ? { type: "retried", at } : undefined;
  const frames = state.frames.flatMap((frame) => (frame?.kind === "task" ? [frame.task] : []));
  const pointer = frames[pick % Math.max(1, frames.length)] ?? "/do/0/r0";
  const controls = [
    { type: "suspended", at },
    { type: "resumed", at },
    { type: "cancelled", at },
    { type: "retried", at, pointer, iterations: [1, 0] },
    { type: "skipped", at, pointer, output: "skipped" },
    { type: "jumped", at, pointer },
    { type: "patched", at, context: { patched: kind } },
  ] as const;
  return controls[kind % controls.length];
}

function copy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

interface History {
  readonly events: readonly RunEvent[];
  readonly commands: readonly Command[];
  readonly state: RunState;
}

function play(
  program: Program,
  choices: readonly (readonly [number, number])[],
  each: (state: RunState) => void,
): History {
  let { state, commands } = step(program, undefined, started);
  const events: RunEvent[] = [started];
  const issued = [...commands];
  each(state);
  for (const [index, [pick, kind]] of choices.entries()) {
    const fact = nextFact(program, state, (index + 1) * 1000, pick, kind);
    if (fact === undefined) continue;
    events.push(fact);
    ({ state, commands } = step(program, state, fact));
    issued.push(...commands);
    each(state);
  }
  return { events, commands: issued, state };
}

/** What must be true of a state at rest. */
function invariants(state: RunState): void {
  const { frames, pending, free } = state;
  for (const [slot, frame] of frames.entries()) {
    if (frame === null) {
      expect(free).toContain(slot);
      continue;
    }
    expect(free).not.toContain(slot);
    if (frame.parent >= 0) expect(frames[frame.parent]).not.toBeNull();
    expect(frame.children).toBe(frames.filter((other) => other?.parent === slot).length);
    if (frame.kind === "task") for (const id of frame.commands) expect(pending[id]?.frame).toBe(slot);
  }
  for (const { frame, role } of Object.values(pending)) {
    if (isTerminal(state.status)) expect(role).toBe("@detached");
    if (frame >= 0) expect(frames[frame]).not.toBeNull();
  }
  if (state.status === "completed") expect(frames.every((frame) => frame === null)).toBe(true);
  if (state.status === "waiting" || state.status === "running")
    expect(state.ready.length === 0 || state.yielded).toBe(true);
}

const choices = fc.array(fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 100 })), { maxLength: 30 });

describe("step, on random workflows and random facts", () => {
  test("keeps its invariants, and replay gives the same state and commands", () => {
    fc.assert(
      fc.property(documents, choices, (document, picks) => {
        const program = compileProgram(document);
        const history = play(program, picks, invariants);
        const again = replay(compileProgram(document), copy(history.events));
        expect(copy(again.state)).toEqual(copy(history.state));
        expect(copy(again.commands)).toEqual(copy(history.commands));
      }),
      { numRuns: 300 },
    );
  });

  test("survives a trip of the state through text after any fact", () => {
    fc.assert(
      fc.property(documents, choices, (document, picks) => {
        const program = compileProgram(document);
        const { events, commands } = play(program, picks, () => undefined);
        let state: RunState | undefined;
        const issued: Command[] = [];
        for (const event of events) {
          const result = step(program, state, copy(event));
          issued.push(...result.commands);
          state = copy(result.state);
        }
        expect(copy(issued)).toEqual(copy(commands));
      }),
      { numRuns: 300 },
    );
  });

  test("refuses late and repeated answers without effect", () => {
    fc.assert(
      fc.property(documents, choices, fc.nat({ max: 40 }), (document, picks, id) => {
        const program = compileProgram(document);
        const { state } = play(program, picks, () => undefined);
        if (state.pending[id] !== undefined) return;
        const before: JsonObject = copy(state) as unknown as JsonObject;
        const { commands, trace } = step(program, state, {
          type: "activityCompleted",
          at: 1_000_000,
          id,
          output: "late",
        });
        expect([commands, trace]).toEqual([[], []]);
        expect(copy(state)).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });
});
