import type { TaskDefinition, WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { describe, expect, test } from "vitest";
import { ActivityFault } from "../activities/activity.ts";
import { ControlRefused, type RunChange } from "./engine.ts";
import { blank } from "./testing/embedded-world.ts";
import { crashing, type EngineWorld } from "./testing/engine-world.ts";

/*
 * What any engine must do, whatever it is built on. Every scenario runs twice: undisturbed, and with the process killed each time the scenario waits.
 */

interface Scenario {
  readonly name: string;
  run(world: EngineWorld): Promise<void>;
}

const call: TaskDefinition = { call: "http", with: { method: "get", endpoint: "http://127.0.0.1/" } };

function workflow(name: string, tasks: Readonly<Record<string, TaskDefinition>>): WorkflowDocument {
  return {
    document: { dsl: "1.0.0", namespace: "suite", name, version: "1.0.0" },
    do: Object.entries(tasks).map(([task, definition]) => ({ [task]: definition })),
  };
}

async function started(
  world: EngineWorld,
  tasks: Readonly<Record<string, TaskDefinition>>,
  input: Json = null,
): Promise<string> {
  await world.engine.start({ ...blank("r1", world.define(workflow("main", tasks))), input });
  await world.settle();
  return "r1";
}

async function status(world: EngineWorld, runId = "r1"): Promise<string | undefined> {
  return (await world.engine.view(runId))?.row.status;
}

async function output(world: EngineWorld, runId = "r1"): Promise<unknown> {
  const text = (await world.engine.view(runId))?.row.output;
  return text === undefined ? undefined : JSON.parse(text);
}

function fault(title: string): ActivityFault {
  return new ActivityFault(standardFault("communication", title));
}

function failing(title: string): Promise<Json> {
  return Promise.reject(fault(title));
}

function forever(): Promise<Json> {
  return new Promise(() => undefined);
}

async function collect(
  world: EngineWorld,
  from = 0,
): Promise<{ readonly changes: RunChange[]; readonly done: Promise<void> }> {
  const changes: RunChange[] = [];
  const done = (async () => {
    for await (const change of world.engine.watch("r1", from, new AbortController().signal)) changes.push(change);
  })();
  await world.settle();
  return { changes, done };
}

const red = { specversion: "1.0", id: "1", source: "suite", type: "red", data: { n: 1 } };

const scenarios: readonly Scenario[] = [
  {
    name: "start: a run of pure tasks completes with its output",
    async run(world) {
      await started(world, { one: { set: { n: 1 } }, two: { set: { n: "${ .n + 1 }" } } });
      expect(await output(world)).toEqual({ n: 2 });
      expect(await status(world)).toBe("completed");
    },
  },
  {
    name: "start: the same idempotency key gives the same run",
    async run(world) {
      const digest = world.define(workflow("main", { one: { set: { n: 1 } } }));
      const first = await world.engine.start({ ...blank("r1", digest), idempotencyKey: "k" });
      await world.settle();
      const second = await world.engine.start({ ...blank("r2", digest), idempotencyKey: "k" });
      expect(second.id).toBe(first.id);
      expect(await world.engine.view("r2")).toBeUndefined();
    },
  },
  {
    name: "start: writes of the request are committed with it",
    async run(world) {
      const digest = world.define(workflow("main", { one: { set: { n: 1 } } }));
      const note = { op: "requireResource", kind: "none", id: "none", expect: "present" } as const;
      await expect(world.engine.start({ ...blank("r1", digest), writes: [note] })).rejects.toThrow("Cannot commit");
      expect(await world.engine.view("r1")).toBeUndefined();
    },
  },
  {
    name: "timers: a wait ends no earlier than its time, and once",
    async run(world) {
      await started(world, { nap: { wait: { seconds: 10 } }, after: call });
      await world.pass(9_000);
      expect(world.calls("after")).toBe(0);
      expect((await world.engine.view("r1"))?.waiting).toMatchObject([{ kind: "timer", task: "nap" }]);
      await world.pass(2_000);
      await world.settle();
      expect(await status(world)).toBe("completed");
      const timers = (await world.engine.history("r1", 1, 100)).filter(({ fact }) => fact["type"] === "timerFired");
      expect(timers).toHaveLength(1);
    },
  },
  {
    name: "activities: a failed call is tried again after its delay",
    async run(world) {
      world.answer("work", (count) => (count === 1 ? failing("down") : Promise.resolve({ ok: true })));
      await started(world, {
        attempt: {
          try: [{ work: call }],
          catch: { retry: { delay: { seconds: 5 }, limit: { attempt: { count: 3 } } } },
        },
      });
      expect(world.calls("work")).toBe(1);
      await world.pass(6_000);
      await world.settle();
      expect(await output(world)).toEqual({ ok: true });
      expect(world.calls("work")).toBe(2);
    },
  },
  {
    name: "activities: a fault that nobody catches is the run's",
    async run(world) {
      world.answer("work", () => failing("down"));
      await started(world, { work: call });
      const view = await world.engine.view("r1");
      expect(view?.row.status).toBe("faulted");
      expect(JSON.parse(view?.row.fault ?? "{}")).toMatchObject({ title: "down", instance: "/do/0/work" });
    },
  },
  {
    name: "activities: what is not awaited goes on when its run has ended, until it is done",
    async run(world) {
      let finish = (_output: Json): void => undefined;
      let aborted = 0;
      const work = new Promise<Json>((resolve) => {
        finish = resolve;
      });
      world.answer("work", (_call, _input, { signal }) => {
        signal.addEventListener("abort", () => aborted++);
        return work;
      });
      await started(world, { work: { run: { shell: { command: "x" }, await: false } }, end: { set: { n: 1 } } });
      expect((await world.engine.view("r1"))?.row).toMatchObject({ status: "completed", active: true });
      expect([world.calls("work") > 0, aborted]).toEqual([true, 0]);
      finish("done");
      await world.settle();
      const calls = world.calls("work");
      expect((await world.engine.view("r1"))?.row).toMatchObject({ status: "completed", active: false });
      expect(await output(world)).toEqual({ n: 1 });
      const facts = (await world.engine.history("r1", 1, 10)).map(({ fact }) => fact["type"]);
      expect(facts).toEqual(["started", "activityCompleted"]);
      await world.settle();
      expect([world.calls("work"), aborted]).toEqual([calls, 0]);
    },
  },
  {
    name: "activities: cancelling a run also stops what it does not await",
    async run(world) {
      let aborted = 0;
      world.answer("work", (_call, _input, { signal }) => {
        signal.addEventListener("abort", () => aborted++);
        return forever();
      });
      await started(world, { work: { run: { shell: { command: "x" }, await: false } }, nap: { wait: { hours: 1 } } });
      const row = await world.engine.control("r1", { type: "cancelled" });
      expect(row).toMatchObject({ status: "cancelled", active: false });
      expect(aborted).toBe(1);
    },
  },
  {
    name: "events: a matching event goes to the run that listens, once",
    async run(world) {
      await started(world, { hear: { listen: { to: { one: { with: { type: "red" } } } } } });
      expect(await world.engine.publish("acme", [{ ...red, type: "green", id: "0" }])).toEqual({ deliveries: 0 });
      expect(await world.engine.publish("other", [red])).toEqual({ deliveries: 0 });
      expect(await world.engine.publish("acme", [red])).toEqual({ deliveries: 1 });
      await world.settle();
      expect(await output(world)).toEqual([{ n: 1 }]);
    },
  },
  {
    name: "events: an event published twice counts once",
    async run(world) {
      await started(world, {
        hear: { listen: { to: { any: [{ with: { type: "red" } }], until: "${ length >= 2 }" } } },
      });
      await world.engine.publish("acme", [red]);
      await world.settle();
      await world.engine.publish("acme", [red]);
      await world.settle();
      expect(await status(world)).toBe("waiting");
      await world.engine.publish("acme", [{ ...red, id: "2", data: { n: 2 } }]);
      await world.settle();
      expect(await output(world)).toEqual([{ n: 1 }, { n: 2 }]);
    },
  },
  {
    name: "events: what one run emits another hears",
    async run(world) {
      await started(world, { hear: { listen: { to: { one: { with: { type: "red" } } } } } });
      const digest = world.define(
        workflow("speaker", { speak: { emit: { event: { with: { type: "red", source: "suite", data: { n: 3 } } } } } }),
      );
      await world.engine.start(blank("speaker", digest));
      await world.settle();
      expect(await output(world)).toEqual([{ n: 3 }]);
    },
  },
  {
    name: "children: a run waits for its child and takes its output",
    async run(world) {
      world.define(workflow("child", { work: call }));
      world.answer("work", () => Promise.resolve({ n: 5 }));
      await started(world, { sub: { run: { workflow: { namespace: "suite", name: "child", version: "1.0.0" } } } });
      await world.settle();
      expect(await output(world)).toEqual({ n: 5 });
    },
  },
  {
    name: "children: cancelling a run cancels the child it waits for",
    async run(world) {
      world.define(workflow("child", { nap: { wait: { hours: 1 } } }));
      await started(world, { sub: { run: { workflow: { namespace: "suite", name: "child", version: "1.0.0" } } } });
      await world.engine.control("r1", { type: "cancelled" });
      await world.settle();
      const children = (await world.engine.history("r1", 1, 10)).filter(({ fact }) => fact["type"] === "childStarted");
      expect(children).toHaveLength(1);
      expect(await status(world, String(children[0]?.fact["runId"]))).toBe("cancelled");
    },
  },
  {
    name: "cancel: ends the run and aborts what is under way",
    async run(world) {
      const told: string[] = [];
      world.answer("work", (_count, _input, { signal, stop }) => {
        signal.addEventListener("abort", () => told.push("signal"));
        const removed = (): void => void told.push("removed");
        for (const listener of [() => told.push("first"), removed, () => told.push("second")])
          stop.addEventListener("abort", listener);
        stop.removeEventListener("abort", removed);
        return forever();
      });
      await started(world, { work: call, never: call });
      const row = await world.engine.control("r1", { type: "cancelled", reason: "enough" });
      expect(row).toMatchObject({ status: "cancelled", reason: "enough" });
      expect(told).toEqual(["signal", "first", "second"]);
      await world.settle();
      expect(world.calls("never")).toBe(0);
      await expect(world.engine.control("r1", { type: "suspended" })).rejects.toThrow(ControlRefused);
    },
  },
  {
    name: "suspend and resume: nothing new begins in between",
    async run(world) {
      await started(world, { nap: { wait: { seconds: 1 } }, work: call });
      expect(await world.engine.control("r1", { type: "suspended" })).toMatchObject({ status: "suspended" });
      await world.pass(5_000);
      expect(world.calls("work")).toBe(0);
      await world.engine.control("r1", { type: "resumed" });
      await world.settle();
      expect(await status(world)).toBe("completed");
      expect(world.calls("work")).toBe(1);
    },
  },
  {
    name: "retry: a faulted run goes on from the task that faulted",
    async run(world) {
      world.answer("work", (count) => (count === 1 ? failing("down") : Promise.resolve({ ok: true })));
      await started(world, { first: call, work: call });
      expect(await status(world)).toBe("faulted");
      await world.engine.control("r1", { type: "retried" });
      await world.settle();
      expect(await output(world)).toEqual({ ok: true });
      expect(world.calls("first")).toBe(1);
    },
  },
  {
    name: "retry: what other branches have exported since the task began stays",
    async run(world) {
      let fail: (() => void) | undefined;
      let isUp = false;
      world.answer("work", () =>
        isUp ? Promise.resolve({}) : new Promise((_, reject) => (fail = () => reject(fault("down")))),
      );
      const other: TaskDefinition = { set: { n: 1 }, export: { as: "${ {other: .n} }" } };
      const nap: TaskDefinition = { wait: { milliseconds: 10 } };
      const beside: TaskDefinition = { do: [{ nap }, { other }] };
      const told: TaskDefinition = { set: "${ $context }" };
      await started(world, { both: { fork: { branches: [{ work: call }, { beside }] } }, told });
      await world.pass(10);
      fail?.();
      await world.settle();
      expect(await status(world)).toBe("faulted");
      isUp = true;
      await world.engine.control("r1", { type: "retried" });
      await world.settle();
      expect(await output(world)).toEqual({ other: 1 });
    },
  },
  {
    name: "retry: from a task of the operator's choice, with other input",
    async run(world) {
      await started(world, { one: { set: { n: 1 } }, two: { set: { n: "${ .n + 1 }" } } });
      await world.engine.control("r1", { type: "retried", pointer: "/do/1/two", input: { n: 41 } });
      await world.settle();
      expect(await output(world)).toEqual({ n: 42 });
    },
  },
  {
    name: "skip: the waiting task counts as done with the given output",
    async run(world) {
      await started(world, { nap: { wait: { hours: 1 } }, two: { set: { n: "${ .n + 1 }" } } });
      await world.engine.control("r1", { type: "skipped", pointer: "/do/0/nap", output: { n: 1 } });
      await world.settle();
      expect(await output(world)).toEqual({ n: 2 });
    },
  },
  {
    name: "jump: goes on at another task",
    async run(world) {
      await started(world, { nap: { wait: { hours: 1 } }, skipped: call, last: { set: { done: true } } });
      await world.engine.control("r1", { type: "jumped", pointer: "/do/2/last" });
      await world.settle();
      expect(await output(world)).toEqual({ done: true });
      expect(world.calls("skipped")).toBe(0);
    },
  },
  {
    name: "patch: replaces the context",
    async run(world) {
      await started(world, { nap: { wait: { seconds: 1 } }, show: { set: { seen: "${ $context.n }" } } });
      await world.engine.control("r1", { type: "patched", context: { n: 7 } });
      expect((await world.engine.view("r1"))?.context).toEqual({ n: 7 });
      await world.pass(2_000);
      await world.settle();
      expect(await output(world)).toEqual({ seen: 7 });
    },
  },
  {
    name: "controls: an unknown run is missing",
    async run(world) {
      await expect(world.engine.control("nobody", { type: "cancelled" })).rejects.toMatchObject({ kind: "missing" });
    },
  },
  {
    name: "history: pages have no gap and end at the head",
    async run(world) {
      await started(world, { one: call, two: call, three: call });
      await world.settle();
      const head = (await world.engine.view("r1"))?.row.head ?? 0;
      const seqs: number[] = [];
      for (;;) {
        const page = await world.engine.history("r1", seqs.length + 1, 2);
        if (page.length === 0) break;
        seqs.push(...page.map(({ seq }) => seq));
      }
      expect(seqs).toEqual(Array.from({ length: head }, (_, index) => index + 1));
      expect(head).toBe(4);
    },
  },
  {
    name: "stateAt: gives the run as it was after each record",
    async run(world) {
      world.answer("one", () => Promise.resolve({ n: 1 }));
      await started(world, { one: { ...call, export: { as: "${ {n: .n} }" } }, nap: { wait: { hours: 1 } } });
      const before = await world.engine.stateAt("r1", 1);
      const after = await world.engine.stateAt("r1", 2);
      expect(before).toMatchObject({ context: {}, waiting: [{ kind: "activity", task: "one" }], row: { head: 1 } });
      expect(after).toMatchObject({ context: { n: 1 }, waiting: [{ kind: "timer", task: "nap" }], row: { head: 2 } });
      expect(await world.engine.stateAt("r1", 3)).toBeUndefined();
      expect((await world.engine.trace("r1")).length).toBeGreaterThan(before?.trace.length ?? Infinity);
    },
  },
];

const watching: readonly Scenario[] = [
  {
    name: "watch: sees everything from its position on, without gap or repeat, and ends with the run",
    async run(world) {
      await started(world, { one: call, nap: { wait: { seconds: 1 } }, two: call });
      const { changes, done } = await collect(world);
      await world.pass(2_000);
      await world.settle();
      await done;
      expect(changes.at(-1)?.row.status).toBe("completed");
      expect(changes.flatMap(({ trace }) => trace)).toEqual(await world.engine.trace("r1"));
      const positions = changes.map(({ position }) => position);
      expect(positions).toEqual([...positions].sort((left, right) => left - right));
      const later = await collect(world, changes[0]?.position);
      await later.done;
      expect(later.changes.flatMap(({ trace }) => trace)).toEqual(changes.slice(1).flatMap(({ trace }) => trace));
    },
  },
  {
    name: "ended: gives the row at the end and not before, at once afterwards, nothing when the caller leaves",
    async run(world) {
      await started(world, { one: call, nap: { wait: { seconds: 1 } } });
      const { signal } = new AbortController();
      const leave = new AbortController();
      const seen: (string | undefined)[] = [];
      const waits = [signal, signal, leave.signal].map(async (until) =>
        seen.push((await world.engine.ended("r1", until))?.status),
      );
      await world.settle();
      leave.abort();
      await world.settle();
      expect(seen).toEqual([undefined]);
      await world.pass(2_000);
      await Promise.all(waits);
      expect(seen).toEqual([undefined, "completed", "completed"]);
      expect((await world.engine.ended("r1", signal))?.status).toBe("completed");
      await expect(world.engine.ended("nobody", signal)).rejects.toThrow(ControlRefused);
    },
  },
];

/** Runs the suite against an engine; watching is checked within one process only, since a watch ends with its process. */
export function describeEngine(name: string, open: () => Promise<EngineWorld>): void {
  describe(name, () => {
    test.each([...scenarios, ...watching])("$name", async ({ run }) => run(await open()));
    describe("with a crash at every wait", () => {
      test.each(scenarios)("$name", async ({ run }) => run(crashing(await open())));
    });
  });
}
