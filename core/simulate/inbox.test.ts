import { describe, expect, test } from "vitest";
import type { WorkflowDocument } from "../dsl/model.ts";
import type { Json } from "../lib/json.ts";
import type { Command } from "../protocol/command.ts";
import { simulate } from "./simulate.ts";
import { INBOX_EVENTS_MAX, INBOX_SIZE_MAX } from "../interpreter/inbox.ts";

function workflow(tasks: Json): WorkflowDocument {
  return {
    document: { dsl: "1.0.3", namespace: "test", name: "demo", version: "1.0.0" },
    do: tasks,
  } as unknown as WorkflowDocument;
}

const waitThenListen = workflow([
  { w: { wait: "PT1H" } },
  { l: { listen: { to: { any: [{ with: { type: "t" } }], until: "true" } } } },
]);

function events(
  count: number,
  data: (index: number) => Json,
): { readonly afterMs: number; readonly event: { readonly [key: string]: Json } }[] {
  return Array.from({ length: count }, (_item, index) => ({
    afterMs: index,
    event: { specversion: "1.0", id: `e${index}`, source: "s", type: "t", data: data(index) },
  }));
}

describe("inbox", () => {
  test("gives up the oldest events when there are too many, and counts them", () => {
    const { output, state } = simulate({
      document: waitThenListen,
      events: events(INBOX_EVENTS_MAX + 5, (index) => index),
    });
    expect(output).toEqual([5]);
    expect(state.inbox.dropped).toBe(5);
  });

  test("gives up the oldest events when they are too large together", () => {
    const large = "x".repeat(INBOX_SIZE_MAX / 4);
    const { output, state } = simulate({ document: waitThenListen, events: events(6, (index) => ({ index, large })) });
    expect(output).toMatchObject([{ index: 3 }]);
    expect(state.inbox.dropped).toBe(3);
  });

  test("keeps nothing once no listen task is ahead", () => {
    const document = workflow([
      { l: { listen: { to: { one: { with: { type: "t", data: "${ .n > $context.x }" } } } } } },
    ]);
    const { state, status } = simulate({ document, events: events(3, () => null) });
    expect(status).toBe("waiting");
    expect(state.inbox.events).toEqual([]);
  });

  test("has one subscription at a time, which ends with the run", () => {
    const open = new Set<number>();
    simulate({
      document: workflow([
        { w: { wait: "PT1S" } },
        { a: { listen: { to: { one: { with: { type: "t" } } } } } },
        { b: { listen: { to: { one: { with: { type: "t" } } } } } },
      ]),
      events: events(2, (index) => index),
      observe(_event, _state, _trace, _before, commands: readonly Command[]) {
        for (const command of commands) {
          if (command.type === "unsubscribe") open.delete(command.id);
          if (command.type === "subscribe") open.add(command.id);
        }
        expect(open.size).toBeLessThanOrEqual(1);
      },
    });
    expect(open.size).toBe(0);
  });
});
