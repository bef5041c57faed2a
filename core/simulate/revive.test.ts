import { describe, expect, test } from "vitest";
import type { WorkflowDocument } from "../dsl/model.ts";
import type { Json } from "../lib/json.ts";
import type { Mocks } from "./mock.ts";
import { type Simulation, type SimulationResult, simulate } from "./simulate.ts";

/* A run that had stopped and goes on: what a task waits for beside its children is waited for again. */

function run(tasks: Json, controls: Simulation["controls"], mocks: Mocks = {}): SimulationResult {
  const document = {
    document: { dsl: "1.0.3", namespace: "test", name: "demo", version: "1.0.0" },
    do: tasks,
  } as unknown as WorkflowDocument;
  return simulate({ document, mocks, ...(controls === undefined ? {} : { controls }) });
}

const limited: Json = [
  {
    t: {
      try: [{ a: { set: {} } }, { w: { wait: "PT1H" } }],
      catch: {
        errors: { with: { status: 500 } },
        retry: { delay: "PT1S", limit: { attempt: { count: 1, duration: "PT5S" } } },
        do: [{ h: { wait: "PT1M" } }],
      },
    },
  },
];

describe("the limit of an attempt of a try", () => {
  test("holds again where the run is retried in place after the attempt timed out", () => {
    const result = run(limited, [{ afterMs: 10_000, control: { type: "retried" } }]);
    expect(result).toMatchObject({ status: "faulted", fault: { title: "Attempt timed out" }, elapsedMs: 15_000 });
  });

  test("holds again where the run is retried in place after it was cancelled within the attempt", () => {
    const result = run(limited, [
      { afterMs: 1_000, control: { type: "cancelled" } },
      { afterMs: 10_000, control: { type: "retried" } },
    ]);
    expect(result).toMatchObject({ status: "faulted", fault: { title: "Attempt timed out" }, elapsedMs: 15_000 });
  });

  test("holds where the run enters the try at a task of it", () => {
    const result = run(
      [{ first: { wait: "PT1H" } }, ...(limited as Json[])],
      [{ afterMs: 1_000, control: { type: "jumped", pointer: "/do/1/t/try/1/w" } }],
    );
    expect(result).toMatchObject({ status: "faulted", fault: { title: "Attempt timed out" }, elapsedMs: 6_000 });
  });

  test("holds where the try itself is retried with another input, which its tasks get", () => {
    const result = run(limited, [
      { afterMs: 10_000, control: { type: "retried", input: { other: 1 } } },
      { afterMs: 12_000, control: { type: "skipped", pointer: "/do/0/t/try/1/w" } },
    ]);
    expect(result).toMatchObject({ status: "completed", elapsedMs: 12_000 });
    const inputs = result.trace.flatMap(({ task, moment, input }) =>
      task === "a" && moment === "started" ? [input] : [],
    );
    expect(inputs).toEqual([{}, { other: 1 }]);
  });

  test("does not hold for the tasks that handle the fault", () => {
    const failing = JSON.parse(
      JSON.stringify(limited).replace('{"set":{}}', '{"raise":{"error":{"type":"https://x.example/e","status":500}}}'),
    ) as Json;
    const result = run(failing, [
      { afterMs: 2_000, control: { type: "cancelled" } },
      { afterMs: 10_000, control: { type: "retried" } },
    ]);
    expect(result.status).toBe("completed");
  });
});

describe("the task that faulted", () => {
  const late = { at: 10_000, controls: [{ afterMs: 10_000, control: { type: "retried" } }] as const };
  const nap: Json = { b: { wait: "PT3S" } };
  const timeout: Json = { after: "PT1S" };
  const limit = { attempt: { count: 0, duration: "PT1S" } };

  test.each<{ readonly what: string; readonly task: Json; readonly title: string }>([
    { what: "a wait", task: { wait: "PT3S", timeout }, title: "Task timed out" },
    { what: "tasks around a wait", task: { do: [nap], timeout }, title: "Task timed out" },
    { what: "an attempt of a wait", task: { try: [nap], catch: { retry: { limit } } }, title: "Attempt timed out" },
  ])("begins anew where the run is retried in place: $what", ({ task, title }) => {
    const result = run([{ a: task }], [...late.controls]);
    expect(result).toMatchObject({ status: "faulted", fault: { title }, elapsedMs: late.at + 1_000 });
  });

  test("begins with its condition, which may hold no more", () => {
    const tasks: Json = [
      { one: { set: { n: 1 }, export: { as: "${ {} }" } } },
      { two: { set: { n: 2 }, if: "${ $context.go | not }" } },
      { three: { set: { n: 3 }, if: '${ $context.list[0] | startswith("a") }' } },
    ];
    const result = run(tasks, [{ afterMs: 1_000, control: { type: "retried", context: { list: ["b"] } } }]);
    expect(result).toMatchObject({ status: "completed", output: { n: 2 } });
  });

  test("is not one that was stopped by another's fault: that waits on to its end", () => {
    const branches: Json = [{ nap: { wait: "PT20S" } }, { late: { wait: "PT3S", timeout } }];
    const result = run(
      [{ a: { fork: { branches } } }],
      [
        { afterMs: 10_000, control: { type: "retried" } },
        { afterMs: 10_500, control: { type: "skipped", pointer: "/do/0/a/fork/branches/1/late" } },
      ],
    );
    expect(result).toMatchObject({ status: "completed", elapsedMs: 20_000 });
  });
});

describe("a subscription to messages", () => {
  const consume = (how: Json): Json => [
    {
      c: {
        call: "asyncapi",
        with: {
          document: { endpoint: "https://x.example/asyncapi.json" },
          operation: "receive",
          protocol: "http",
          subscription: { consume: how, foreach: { do: [{ h: { call: "http", with: get } }] } },
        },
      },
    },
  ];
  const get: Json = { method: "get", endpoint: "https://x.example" };
  const handling: Mocks = {
    c: [
      { messages: [{ n: 1 }], open: true },
      { messages: [{ n: 2 }], open: true },
    ],
    h: [{ error: { type: "communication", status: 503 } }, { output: "handled" }],
  };

  test("is open again where the tasks of a message are retried in place", () => {
    const result = run(consume({ amount: 2 }), [{ afterMs: 1_000, control: { type: "retried" } }], handling);
    expect(result).toMatchObject({ status: "completed", output: ["handled", "handled"] });
  });

  test("ends after its time again where the run is retried in place", () => {
    const mocks: Mocks = { c: { never: true } };
    const result = run(
      consume({ for: "PT5S" }),
      [
        { afterMs: 1_000, control: { type: "cancelled" } },
        { afterMs: 10_000, control: { type: "retried" } },
      ],
      mocks,
    );
    expect(result).toMatchObject({ status: "completed", output: [], elapsedMs: 15_000 });
  });
});
