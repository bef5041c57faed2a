import { expect, test } from "vitest";
import type { WorkflowDocument } from "../dsl/model.ts";
import type { Json } from "../lib/json.ts";
import { simulate } from "./simulate.ts";

function workflow(tasks: Json, rest: Record<string, Json> = {}): WorkflowDocument {
  return {
    document: { dsl: "1.0.3", namespace: "test", name: "demo", version: "1.0.0" },
    do: tasks,
    ...rest,
  } as unknown as WorkflowDocument;
}

test("simulate runs data, branches, calls, timers and faults to their end", () => {
  const document = workflow([
    { start: { set: { count: 1, items: "${ [1,2,3] }" } } },
    { each: { for: { in: ".items", each: "n" }, do: [{ add: { set: "${ .count += $n }" } }] } },
    {
      call: {
        call: "http",
        with: { method: "get", endpoint: "https://x.example/{count}" },
        output: { as: "{ body: ., was: $input }" },
      },
    },
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
  expect(result.fault).toBeUndefined();
  expect(result.output).toEqual({ error: "/do/5/tries/try/0/boom" });
  expect(result.elapsedMs).toBe(6000);
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
