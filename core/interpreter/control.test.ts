import { describe, expect, test } from "vitest";
import type { WorkflowDocument } from "../dsl/model.ts";
import type { RunEvent } from "../protocol/event.ts";
import { compileProgram, outstanding, step } from "./interpreter.ts";

/** Its subscription may fail while a message is being handled. */
const document = {
  document: { dsl: "1.0.3", namespace: "test", name: "control", version: "1.0.0" },
  do: [
    {
      outer: {
        call: "asyncapi",
        with: {
          document: { endpoint: "https://x.example/a.json" },
          operation: "inbox",
          subscription: { consume: { amount: 2 }, foreach: { do: [{ handles: { wait: "PT1H" } }] } },
        },
      },
    },
  ],
} as unknown as WorkflowDocument;

const started: RunEvent = {
  type: "started",
  at: 0,
  runId: "r",
  workflow: { namespace: "test", name: "control", version: "1.0.0", digest: "" },
  input: {},
  env: {},
  secrets: {},
  runtime: { name: "stigmer", version: "test", metadata: {} },
};

describe("retried in place with another input", () => {
  test("tells of each child only once that it was cancelled", () => {
    const program = compileProgram(document);
    const { state, commands } = step(program, undefined, started);
    const subscription = commands.find(({ type }) => type === "subscribe");
    const id = subscription !== undefined && "id" in subscription ? subscription.id : 0;
    const facts: readonly RunEvent[] = [
      { type: "eventDelivered", at: 1, id, event: { payload: 1 } },
      { type: "subscriptionEnded", at: 2, id, fault: { type: "communication", status: 503 } },
      { type: "retried", at: 3, input: { again: true } },
    ];
    const trace = facts.flatMap((fact) => step(program, state, fact).trace);
    expect(trace.map(({ at, task, moment }) => `${String(at)} ${task} ${moment}`)).toEqual([
      "1 handles created",
      "1 handles started",
      "2 outer faulted",
      "2 handles cancelled",
      "3 outer started",
    ]);
    expect(trace.at(-1)?.input).toEqual({ again: true });
  });
});

describe("suspended", () => {
  test("a run knows of a child that it does not await as soon as it is told: it is not started again", () => {
    const child = { run: { workflow: { namespace: "test", name: "child", version: "1.0.0" }, await: false } };
    const detaching = { ...document, do: [{ child }, { nap: { wait: "PT1H" } }] } as unknown as WorkflowDocument;
    const program = compileProgram(detaching);
    const { state, commands } = step(program, undefined, started);
    const start = commands.find(({ type }) => type === "startChild");
    const id = start !== undefined && "id" in start ? start.id : 0;
    const facts: readonly RunEvent[] = [
      { type: "suspended", at: 1 },
      { type: "childStarted", at: 2, id, runId: "c", version: "1.0.0" },
    ];
    for (const fact of facts) step(program, state, fact);
    expect(start).toBeDefined();
    expect(outstanding(program, state).map(({ type }) => type)).toEqual(["setTimer"]);
  });
});
