import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import type { WorkflowDocument } from "../dsl/model.ts";
import type { Json } from "../lib/json.ts";
import type { Command } from "../protocol/command.ts";
import type { RunEvent } from "../protocol/event.ts";
import { type RunState, compileProgram, step, waitingFor } from "./interpreter.ts";

/*
 * What the interpreter answers to each fact, one transcript a type of task, to be read in review. `npx vitest run core/interpreter -u` writes them anew.
 */

type Answer = {
  readonly [Type in RunEvent["type"]]: Omit<Extract<RunEvent, { readonly type: Type }>, "at">;
}[RunEvent["type"]];

interface Transcript {
  readonly name: string;
  readonly do: Json;
  readonly use?: Json;
  readonly timeout?: Json;
  readonly input?: Json;
  /** Facts after the start, each a second after the one before. */
  readonly facts: readonly Answer[];
}

const get = (path: string): Json => ({ call: "http", with: { method: "get", endpoint: `https://x.example/${path}` } });
const failed = (id: number, status = 503): Answer => ({
  type: "activityFailed",
  id,
  fault: { type: "communication", status },
});
const event = (id: number, type: string, data: Json): Answer => ({
  type: "eventDelivered",
  id,
  event: { id: `${type}-${JSON.stringify(data)}`, source: "test", type, data },
});

const transcripts: readonly Transcript[] = [
  {
    name: "call",
    do: [{ c: get("{n}") }, { d: { set: { got: "${ . }" } } }],
    input: { n: 1 },
    facts: [{ type: "activityCompleted", id: 1, output: "pong" }],
  },
  {
    name: "do",
    do: [{ d: { do: [{ a: { set: { n: 1 } } }, { w: { wait: "PT1S" } }] } }],
    facts: [{ type: "timerFired", id: 1 }],
  },
  {
    name: "emit",
    do: [{ e: { emit: { event: { with: { type: "done", data: "${ .n }" } } } } }],
    input: { n: 1 },
    facts: [],
  },
  {
    name: "for",
    do: [{ l: { for: { in: "[1,2]" }, do: [{ c: get("{n}") }] } }],
    input: { n: 0 },
    facts: [
      { type: "activityCompleted", id: 1, output: { n: 1 } },
      { type: "activityCompleted", id: 2, output: { n: 2 } },
    ],
  },
  {
    name: "fork",
    do: [{ f: { fork: { branches: [{ a: get("a") }, { b: { wait: "PT5S" } }] } } }],
    facts: [
      { type: "timerFired", id: 2 },
      { type: "activityCompleted", id: 1, output: "a" },
    ],
  },
  {
    name: "fork-compete",
    do: [{ f: { fork: { compete: true, branches: [{ a: get("a") }, { b: get("b") }] } } }],
    facts: [{ type: "activityCompleted", id: 2, output: "b" }],
  },
  {
    name: "listen",
    do: [
      { w: { wait: "PT1S" } },
      {
        l: {
          listen: {
            to: {
              all: [
                { with: { type: "a" }, correlate: { k: { from: ".data.k" } } },
                { with: { type: "b" }, correlate: { k: { from: ".data.k" } } },
              ],
            },
          },
        },
      },
    ],
    facts: [event(2, "a", { k: 1 }), { type: "timerFired", id: 1 }, event(3, "b", { k: 2 }), event(3, "b", { k: 1 })],
  },
  { name: "raise", do: [{ r: { raise: { error: { type: "https://x.example/e", status: 418 } } } }], facts: [] },
  {
    name: "run",
    do: [
      { s: { run: { shell: { command: "ls" }, await: false } } },
      { c: { run: { workflow: { namespace: "test", name: "child", version: "latest" } } } },
    ],
    facts: [
      { type: "childStarted", id: 2, runId: "r2", version: "1.0.0" },
      { type: "childCompleted", id: 2, output: 7 },
      { type: "activityCompleted", id: 1, output: "late" },
    ],
  },
  { name: "set", do: [{ s: { set: { n: "${ .n + 1 }" } } }], input: { n: 1 }, facts: [] },
  {
    name: "switch",
    do: [
      { s: { switch: [{ big: { when: ".n > 5", then: "end" } }, { small: { then: "w" } }] } },
      { x: { set: { no: 1 } } },
      { w: { wait: "PT1S" } },
    ],
    input: { n: 1 },
    facts: [{ type: "timerFired", id: 1 }],
  },
  {
    name: "try",
    do: [
      {
        t: {
          try: [{ c: get("a") }],
          catch: {
            retry: { delay: "PT3S", limit: { attempt: { count: 1, duration: "PT1M" } } },
            do: [{ h: { set: { status: "${ $error.status }" } } }],
          },
        },
      },
    ],
    facts: [failed(2), { type: "timerFired", id: 3 }, failed(5, 500)],
  },
  { name: "wait", do: [{ w: { wait: "PT1M" } }], facts: [{ type: "timerFired", id: 1 }] },
  {
    name: "timeouts",
    timeout: { after: "PT1H" },
    do: [{ c: { timeout: { after: "PT5S" }, ...(get("a") as object) } }],
    facts: [{ type: "timerFired", id: 2 }],
  },
  {
    name: "extensions",
    use: { extensions: [{ log: { extend: "call", before: [{ b: get("before") }], after: [{ a: get("after") }] } }] },
    do: [{ c: get("c") }],
    facts: [
      { type: "activityCompleted", id: 1, output: 1 },
      { type: "activityCompleted", id: 2, output: 2 },
      { type: "activityCompleted", id: 3, output: 3 },
    ],
  },
  {
    name: "controls",
    do: [{ c: get("c") }, { w: { wait: "PT1M" } }],
    facts: [
      { type: "suspended" },
      { type: "activityCompleted", id: 1, output: 1 },
      { type: "resumed" },
      { type: "skipped", pointer: "/do/1/w", output: 2 },
    ],
  },
  {
    name: "retry-in-place",
    do: [{ c: get("c") }],
    facts: [failed(1), { type: "retried" }, { type: "activityCompleted", id: 2, output: 1 }],
  },
];

function transcribe({ do: tasks, use, timeout, input, facts }: Transcript): string {
  const document = {
    document: { dsl: "1.0.3", namespace: "test", name: "demo", version: "1.0.0" },
    ...(use === undefined ? {} : { use }),
    do: tasks,
    ...(timeout === undefined ? {} : { timeout }),
  } as unknown as WorkflowDocument;
  const program = compileProgram(document);
  const start: RunEvent = {
    type: "started",
    at: 0,
    runId: "r1",
    workflow: { namespace: "test", name: "demo", version: "1.0.0", digest: "" },
    input: input ?? {},
    env: {},
    secrets: {},
    runtime: { name: "stigmer", version: "test", metadata: {} },
  };
  let state: RunState | undefined;
  const parts: string[] = [];
  for (const [index, fact] of [
    start,
    ...facts.map((answer, index) => ({ ...answer, at: (index + 1) * 1000 }) as RunEvent),
  ].entries()) {
    const result = step(program, state, fact);
    state = result.state;
    const { at, ...shown } = index === 0 ? { type: "started", at: 0, input: input ?? {} } : fact;
    parts.push(
      stringify(
        {
          at: `${at / 1000} s`,
          fact: shown,
          tasks: result.trace.map(({ task, moment }) => `${task} ${moment}`),
          commands: result.commands.map((command: Command) => ({ ...command })),
          status: state.status,
          ...(waitingFor(program, state).length === 0
            ? {}
            : { waiting: waitingFor(program, state).map(({ task, reason }) => `${task}: ${reason}`) }),
        },
        { aliasDuplicateObjects: false, flowCollectionPadding: false, lineWidth: 120 },
      ),
    );
  }
  return parts.join("---\n");
}

describe("step", () => {
  test.each(transcripts)("answers the facts of $name as its transcript says", async (transcript) => {
    await expect(transcribe(transcript)).toMatchFileSnapshot(
      join(import.meta.dirname, "transcripts", `${transcript.name}.yaml`),
    );
  });
});
