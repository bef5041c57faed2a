import { describe, expect, test } from "vitest";
import type { WorkflowDocument } from "../dsl/model.ts";
import type { Json } from "../lib/json.ts";
import type { Command } from "../protocol/command.ts";
import { TRANSITIONS_MAX } from "../interpreter/machine.ts";
import { simulate } from "./simulate.ts";

function workflow(tasks: Json, rest: Record<string, Json> = {}): WorkflowDocument {
  return {
    document: { dsl: "1.0.3", namespace: "test", name: "demo", version: "1.0.0" },
    do: tasks,
    ...rest,
  } as unknown as WorkflowDocument;
}

const call = (path: string): Json => ({ call: "http", with: { method: "get", endpoint: `https://x.example/${path}` } });

describe("simulate", () => {
  test("takes data, loops, branches, calls, timers and errors to their end", () => {
    const document = workflow([
      { start: { set: { count: 1, items: "${ [1,2,3] }" } } },
      { each: { for: { in: ".items", each: "n" }, do: [{ add: { set: "${ .count += $n }" } }] } },
      { call: { ...(call("{count}") as object), output: { as: "{ body: ., was: $input }" } } },
      { wait: { wait: { seconds: 5 } } },
      { both: { fork: { branches: [{ a: { set: "${ 1 }" } }, { b: { wait: "PT1S" } }] } } },
      {
        tries: {
          try: [{ boom: { raise: { error: { type: "https://x/e", status: 500 } } } }],
          catch: { do: [{ handle: { set: { error: "${ $error.instance }" } } }] },
        },
      },
    ]);
    const result = simulate({ document, mocks: { call: { output: "pong" } } });
    expect(result).toMatchObject({ status: "completed", output: { error: "/do/5/tries/try/0/boom" }, elapsedMs: 6000 });
    expect(result.calls[0]?.arguments).toEqual({ method: "get", endpoint: { uri: "https://x.example/7" } });
    expect(result.path).toEqual([
      "start",
      "each",
      "add",
      "add",
      "add",
      "call",
      "wait",
      "both",
      "a",
      "b",
      "tries",
      "boom",
      "handle",
    ]);
  });

  test("answers calls with a sequence, the last answer staying, and with a function", () => {
    const loop = workflow([
      {
        l: {
          for: { in: "[1,2,3]" },
          do: [{ c: { ...(call("a") as object), output: { as: "($input | arrays) + [.]" } } }],
        },
      },
    ]);
    expect(
      simulate({ document: loop, input: [], mocks: { c: [{ output: "first" }, { output: "rest" }] } }).output,
    ).toEqual(["first", "rest", "rest"]);
    expect(
      simulate({ document: loop, input: [], mocks: { "/do/0/l/do/0/c": (_command, count) => ({ output: count }) } })
        .output,
    ).toEqual([0, 1, 2]);
  });

  test("says how to mock a call that has no mock", () => {
    expect(simulate({ document: workflow([{ c: call("a") }]) }).fault?.detail).toContain('"/do/0/c"');
  });

  test("ends where nothing more would ever happen", () => {
    const result = simulate({ document: workflow([{ l: { listen: { to: { one: { with: { type: "t" } } } } } }]) });
    expect(result).toMatchObject({ status: "waiting", elapsedMs: 0, waiting: [{ kind: "event", task: "l" }] });
  });

  test("is the same every time, jitter included, and differs between runs", () => {
    const document = workflow([
      {
        t: {
          try: [{ c: call("a") }],
          catch: { retry: { delay: "PT1S", jitter: { from: "PT0S", to: "PT10S" }, limit: { attempt: { count: 3 } } } },
        },
      },
    ]);
    const mocks = { c: { error: { type: "communication", status: 503 } } };
    const elapsed = (runId: string): number => simulate({ document, mocks, runId }).elapsedMs;
    expect(elapsed("one")).toBe(elapsed("one"));
    expect(elapsed("one")).not.toBe(elapsed("two"));
    expect(elapsed("one")).toBeGreaterThanOrEqual(3000);
    expect(elapsed("one")).toBeLessThanOrEqual(33_000);
  });
});

describe("a long computation", () => {
  const endless = workflow([{ a: { set: { n: "${ .n + 1 }" }, then: "a" } }]);

  test(`gives way after ${TRANSITIONS_MAX} transitions and can be cancelled between`, () => {
    let yields = 0;
    const result = simulate({
      document: endless,
      controls: [{ afterMs: 0, control: { type: "cancelled" } }],
      observe: (_event, _state, _trace, _before, commands: readonly Command[]) => {
        yields += commands.filter(({ type }) => type === "yield").length;
      },
    });
    expect(result.status).toBe("cancelled");
    expect(yields).toBeGreaterThanOrEqual(1);
  });
});

test("delivery at most once is asked of the host", () => {
  const deliveries: string[] = [];
  simulate({
    document: workflow([
      { a: call("a") },
      { b: { ...(call("b") as object), metadata: { "stigmer.delivery": "at-most-once" } } },
    ]),
    mocks: { "*": { output: 1 } },
    observe: (_event, _state, _trace, _before, commands) => {
      for (const command of commands) if (command.type === "startActivity") deliveries.push(command.delivery);
    },
  });
  expect(deliveries).toEqual(["at-least-once", "at-most-once"]);
});
