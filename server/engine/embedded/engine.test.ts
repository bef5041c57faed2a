import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { describe, expect, test, vi } from "vitest";
import { StoreDamaged, StoreUnavailable } from "../../store/ports.ts";
import { blank, EmbeddedWorld } from "../testing/embedded-world.ts";
import { memoryDisk } from "../testing/world-disk.ts";
import { armFailpoint, armFailpoints, type FailpointName, failpointNames } from "./failpoints.ts";
import { coreInterpreter } from "./core-interpreter.ts";
import { blobDigest } from "./journal-record.ts";
import type { Interpreter } from "./ports.ts";
import { removeRun } from "./retention.ts";
import { FairQueue } from "./fair-queue.ts";

function workflow(name: string, tasks: WorkflowDocument["do"]): WorkflowDocument {
  return { document: { dsl: "1.0.0", namespace: "test", name, version: "1.0.0" }, do: tasks };
}

const call = { call: "http", with: { method: "get", endpoint: "http://127.0.0.1/" } } as const;

async function journalOf(world: EmbeddedWorld, id = "r1"): Promise<readonly string[]> {
  return (await world.engine.history(id, 1, 1_000)).map(({ fact }) => String(fact["type"]));
}

describe("EmbeddedEngine", () => {
  test("pure tasks are one record and one batch", async () => {
    const world = await EmbeddedWorld.open();
    const digest = world.define(
      workflow(
        "pure",
        Array.from({ length: 10 }, (_, index) => ({ [`t${String(index)}`]: { set: "${ .n += 1 }" } })),
      ),
    );
    const row = await world.engine.start({ ...blank("r1", digest), input: { n: 0 } });
    expect(row).toMatchObject({ status: "completed", head: 1, version: 1, output: '{"n":10}', active: false });
  });

  test("N activities are N + 1 records", async () => {
    const world = await EmbeddedWorld.open();
    await world.engine.start(blank("r1", world.define(workflow("calls", [{ a: call }, { b: call }, { c: call }]))));
    await world.settle();
    expect(await journalOf(world)).toEqual(["started", "activityCompleted", "activityCompleted", "activityCompleted"]);
  });

  test("an at-most-once activity that a crash interrupts fails with an unknown outcome instead of running again", async () => {
    const world = await EmbeddedWorld.open();
    world.answer("pay", () => new Promise(() => undefined));
    const pay = { ...call, metadata: { "stigmer.delivery": "at-most-once" } };
    await world.engine.start(blank("r1", world.define(workflow("pay", [{ pay }]))));
    await world.settle();
    await world.crash();
    await world.settle();
    expect(world.calls("pay")).toBe(1);
    expect(JSON.parse((await world.engine.view("r1"))?.row.fault ?? "{}")).toMatchObject({ title: "Outcome unknown" });
  });

  test("a retry that comes while the fault is on its way to the disk is made of the run that it finds", async () => {
    const world = await EmbeddedWorld.open();
    let fail = (): void => undefined;
    world.answer("work", (count) =>
      count > 1 ? Promise.resolve({}) : new Promise((_, reject) => (fail = () => reject(new Error("down")))),
    );
    const first = { set: {}, export: { as: "${ {n: 1} }" } };
    await world.engine.start(blank("r1", world.define(workflow("late", [{ first }, { work: call }]))));
    await world.settle();
    fail();
    const retried = world.engine.control("r1", { type: "retried" });
    await world.settle();
    expect(await retried).toMatchObject({ status: "running" });
    const facts = (await world.engine.history("r1", 1, 10)).map(({ fact }) => fact);
    expect(facts.map(({ type }) => type)).toEqual(["started", "activityFailed", "retried", "activityCompleted"]);
    expect(facts[2]).toMatchObject({ context: { n: 1 } });
  });

  test("calls of a run are one trace, the same after a crash; without tracing they carry none", async () => {
    const seen = async (traceShare: number | undefined): Promise<readonly (string | undefined)[]> => {
      const world = await EmbeddedWorld.open({ options: { traceShare } });
      const parents: (string | undefined)[] = [];
      for (const task of ["a", "b"]) {
        world.answer(task, (count, _input, context) => {
          parents.push(context.traceparent);
          return count === 1 ? new Promise(() => undefined) : Promise.resolve(null);
        });
      }
      await world.engine.start(blank("r1", world.define(workflow("traced", [{ a: call }, { b: call }]))));
      await world.settle();
      for (let crash = 0; crash < 2; crash++) {
        await world.crash();
        await world.settle();
      }
      return parents;
    };
    const [first, again, other] = await seen(1);
    expect(first).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/u);
    expect(again).toBe(first);
    expect([other?.slice(0, 35), other === first]).toEqual([first?.slice(0, 35), false]);
    expect((await seen(0))[0]).toBe(`${String(first?.slice(0, -2))}00`);
    expect(await seen(undefined)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("an interrupted activity is repeated with the same idempotency key", async () => {
    const world = await EmbeddedWorld.open();
    const keys: string[] = [];
    world.answer("work", (count, _input, context) => {
      keys.push(context.idempotencyKey);
      return count === 1 ? new Promise(() => undefined) : Promise.resolve(null);
    });
    await world.engine.start(blank("r1", world.define(workflow("work", [{ work: call }]))));
    await world.settle();
    await world.crash();
    await world.settle();
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
  });

  test("a timer that came due while the server was down fires at the next start", async () => {
    const world = await EmbeddedWorld.open();
    await world.engine.start(blank("r1", world.define(workflow("nap", [{ nap: { wait: { seconds: 10 } } }]))));
    await world.settle();
    world.time.jump(60_000);
    await world.crash();
    await world.settle();
    expect((await world.engine.view("r1"))?.row.status).toBe("completed");
  });

  test("a jump of the wall clock neither fires timers early nor holds them back", async () => {
    const world = await EmbeddedWorld.open();
    await world.engine.start(blank("r1", world.define(workflow("nap", [{ nap: { wait: { seconds: 10 } } }]))));
    await world.settle();
    world.time.jump(86_400_000);
    await world.pass(9_000);
    expect((await world.engine.view("r1"))?.row.status).toBe("waiting");
    world.time.jump(-2 * 86_400_000);
    await world.pass(2_000);
    expect((await world.engine.view("r1"))?.row.status).toBe("completed");
  });

  test("a run whose time is ahead of the clock, after a process whose clock was fast, waits as long as it says, no longer and no shorter", async () => {
    const world = await EmbeddedWorld.open();
    let answer: (value: null) => void = () => undefined;
    world.answer("work", () => new Promise((resolve) => (answer = resolve)));
    const naps = [{ work: call }, { nap: { wait: { seconds: 10 } } }, { again: { wait: { seconds: 20 } } }];
    world.time.jump(3 * 86_400_000);
    await world.crash();
    await world.engine.start(blank("r1", world.define(workflow("naps", naps))));
    await world.settle();
    world.time.jump(-3 * 86_400_000);
    await world.crash();
    await world.settle();
    answer(null);
    await world.settle();
    const status = async (): Promise<unknown> => (await world.engine.view("r1"))?.row.status;
    await world.pass(9_000);
    expect(await journalOf(world)).toEqual(["started", "activityCompleted"]);
    await world.pass(2_000);
    expect(await journalOf(world)).toEqual(["started", "activityCompleted", "timerFired"]);
    await world.crash();
    await world.pass(18_000);
    expect(await status()).toBe("waiting");
    await world.pass(2_000);
    expect(await status()).toBe("completed");
    const times = (await world.engine.history("r1", 1, 10)).map(({ fact }) => fact["at"] as number);
    expect(times.map((at) => at - (times[0] as number))).toEqual([0, 0, 10_000, 30_000]);
    expect(await world.store.timers.count()).toBe(0);
  });

  test("a timer of a run whose time is ahead of the clock is cleared like any other", async () => {
    const world = await EmbeddedWorld.open();
    const digest = world.define(workflow("nap", [{ nap: { wait: { seconds: 10 } } }, { on: { wait: { hours: 1 } } }]));
    world.time.jump(86_400_000);
    await world.crash();
    await world.engine.start(blank("r1", digest));
    await world.settle();
    world.time.jump(-86_400_000);
    await world.crash();
    await world.engine.control("r1", { type: "skipped", pointer: "/do/0/nap" });
    await world.engine.control("r1", { type: "suspended" });
    await world.engine.control("r1", { type: "resumed" });
    await world.crash();
    await world.engine.control("r1", { type: "cancelled" });
    expect(await world.store.timers.count()).toBe(0);
  });

  test("a damaged record quarantines its run with the reason and leaves the others running", async () => {
    const quarantined: string[] = [];
    const world = await EmbeddedWorld.open({ hooks: { quarantined: (_run, reason) => quarantined.push(reason) } });
    const digest = world.define(workflow("nap", [{ nap: { wait: { seconds: 10 } } }]));
    for (const id of ["r1", "r2"]) await world.engine.start(blank(id, digest));
    world.store.tamperJournal(1, 1, '{"type":"started"}');
    await world.crash();
    await world.pass(20_000);
    await world.settle();
    expect((await world.engine.view("r1"))?.row).toMatchObject({
      status: "quarantined",
      reason: "record 1 fails its checksum",
    });
    expect((await world.engine.view("r2"))?.row.status).toBe("completed");
    expect(quarantined).toEqual(["record 1 fails its checksum"]);
    await expect(world.engine.control("r1", { type: "cancelled" })).rejects.toThrow("quarantined");
  });

  test("runs whose timers are due together are brought back together, whatever is unusual about some of them", async () => {
    const quarantined: string[] = [];
    const world = await EmbeddedWorld.open({
      options: { cacheBytesMax: 0, inlineCharsMax: 400 },
      hooks: { quarantined: (run, reason) => quarantined.push(`${String(run)}: ${reason}`) },
    });
    const digest = world.define(workflow("nap", [{ nap: { wait: { seconds: 10 } } }]));
    for (let run = 1; run <= 300; run++) {
      const input = { text: run === 5 ? "large ".repeat(100) : "small" };
      await world.engine.start({ ...blank(`r${String(run)}`, digest), input });
    }
    await world.settle();
    expect(world.engine.load.runs).toBe(0);
    world.store.tamperJournal(7, 1, '{"type":"started"}');
    await world.store.commit([{ op: "updateRun", run: 8, changes: { status: "quarantined" } }]);
    const many = vi.spyOn(world.store.runs, "byKeys");
    const one = vi.spyOn(world.store.runs, "byKey");
    await world.pass(11_000);
    expect(await world.store.runs.countByStatus()).toEqual({ completed: 298, quarantined: 2 });
    expect(quarantined).toEqual(["7: record 1 fails its checksum"]);
    const together = many.mock.calls.map(([runs]) => runs.length);
    expect(together.reduce((sum, runs) => sum + runs, 0)).toBe(300);
    expect(Math.max(...together)).toBe(64);
    expect(together.length).toBeLessThan(20);
    expect(one.mock.calls).toEqual([[5], [7]]);
    expect(world.engine.load.runs).toBe(0);
  });

  test("runs are brought back one by one when they can not be read together", async () => {
    const world = await EmbeddedWorld.open({ options: { cacheBytesMax: 0 } });
    const digest = world.define(workflow("nap", [{ nap: { wait: { seconds: 10 } } }]));
    for (const id of ["r1", "r2", "r3"]) await world.engine.start(blank(id, digest));
    await world.settle();
    vi.spyOn(world.store.runs, "byKeys").mockRejectedValue(new StoreDamaged(new Error("malformed")));
    await world.pass(11_000);
    expect(await world.store.runs.countByStatus()).toEqual({ completed: 3 });
  });

  test("a missing definition quarantines its run", async () => {
    const world = await EmbeddedWorld.open();
    await world.engine.start(blank("r1", world.define(workflow("nap", [{ nap: { wait: { seconds: 10 } } }]))));
    const other = await EmbeddedWorld.on({
      ...memoryDisk,
      open: async (schedule) => world.store.crash({ schedule }),
    });
    expect(await other.engine.view("r1")).toMatchObject({ row: { status: "quarantined" } });
  });

  test("waiting runs leave memory and come back with the next fact", async () => {
    const world = await EmbeddedWorld.open({ options: { cacheBytesMax: 0 } });
    const digest = world.define(workflow("nap", [{ nap: { wait: { seconds: 10 } } }]));
    for (let index = 0; index < 50; index++) await world.engine.start(blank(`r${String(index)}`, digest));
    await world.settle();
    expect(world.engine.load).toMatchObject({ runs: 0, timers: 50 });
    await world.pass(11_000);
    expect((await world.engine.view("r49"))?.row.status).toBe("completed");
  });

  test("secrets are stored sealed, given to activities, and never journalled", async () => {
    const world = await EmbeddedWorld.open();
    let seen: unknown;
    world.answer("work", (_count, _input, { secret }) => {
      seen = [secret(["api", "token"]), secret(["none"]), secret(["api", "constructor"])];
      return Promise.resolve(null);
    });
    await world.engine.start({
      ...blank("r1", world.define(workflow("work", [{ work: call }]))),
      secrets: { api: { token: "hunter2" } },
    });
    await world.settle();
    expect(seen).toEqual(["hunter2", undefined, undefined]);
    expect(JSON.stringify(await world.engine.history("r1", 1, 10))).not.toContain("hunter2");
    expect(await world.store.records.get("run-secrets", "1")).not.toContain(
      Buffer.from("hunter2").toString("base64").slice(0, 8),
    );
  });

  test("values above the inline limit go to blobs once and come back whole", async () => {
    const world = await EmbeddedWorld.open({ options: { inlineCharsMax: 1_000 } });
    const big = { text: "x".repeat(5_000) };
    const digest = world.define(workflow("nap", [{ nap: { wait: { seconds: 1 } } }]));
    await world.engine.start({ ...blank("r1", digest), input: big });
    expect((await world.store.journal.read(1, 1, 1))[0]?.data.length).toBeLessThan(1_000);
    await world.crash();
    await world.pass(2_000);
    expect(JSON.parse((await world.engine.view("r1"))?.row.output ?? "null")).toEqual(big);
  });

  test("more starts than may wait are refused, others and controls are not", async () => {
    const world = await EmbeddedWorld.open({ options: { admittedMax: 2 } });
    const digest = world.define(workflow("nap", [{ nap: { wait: { seconds: 10 } } }]));
    const starts = ["r1", "r2", "r3"].map((id) => world.engine.start(blank(id, digest)));
    await expect(starts[2]).rejects.toMatchObject({ reason: "overloaded" });
    await Promise.all(starts.slice(0, 2));
    expect(await world.engine.control("r1", { type: "cancelled" })).toMatchObject({ status: "cancelled" });
  });

  test("ended runs are removed after the retention time, with their secrets and large values", async () => {
    const options = { retentionMs: 60_000, retentionSweepMs: 10_000, inlineCharsMax: 100 };
    const world = await EmbeddedWorld.open({ options });
    const digest = world.define(workflow("pure", [{ one: { set: { n: 1 } } }]));
    const input = "x".repeat(1_000);
    await world.engine.start({ ...blank("r1", digest), secrets: { token: "t" }, input });
    const blob = blobDigest(Buffer.from(JSON.stringify(input)));
    expect(await world.store.journal.blob(blob)).toBeDefined();
    await world.pass(50_000);
    expect(await world.engine.view("r1")).toBeDefined();
    await world.pass(30_000);
    expect(await world.engine.view("r1")).toBeUndefined();
    expect(await world.store.records.get("run-secrets", "1")).toBeUndefined();
    expect(await world.store.journal.blob(blob)).toBeUndefined();
  });

  test("an ended run is not removed while work that it does not await goes on", async () => {
    const world = await EmbeddedWorld.open({ options: { retentionMs: 60_000, retentionSweepMs: 10_000 } });
    let finish: (value: null) => void = () => undefined;
    world.answer("work", () => new Promise((resolve) => (finish = resolve)));
    const digest = world.define(workflow("leaves", [{ work: { run: { shell: { command: "x" }, await: false } } }]));
    await world.engine.start(blank("r1", digest));
    await world.pass(100_000);
    expect((await world.engine.view("r1"))?.row).toMatchObject({ status: "completed", active: true });
    await world.crash();
    await world.pass(100_000);
    expect((await world.engine.view("r1"))?.row).toMatchObject({ status: "completed", active: true });
    expect(world.calls("work")).toBe(2);
    finish(null);
    await world.pass(20_000);
    expect(await world.engine.view("r1")).toBeUndefined();
  });

  test("a run that changes while retention removes it stays", async () => {
    const world = await EmbeddedWorld.open({ options: { retentionMs: 60_000, retentionSweepMs: 10_000 } });
    const digest = world.define(workflow("pure", [{ one: { set: { n: 1 } } }]));
    await world.engine.start(blank("r1", digest));
    await world.engine.start(blank("r2", digest));
    const endedBefore = world.store.runs.endedBefore.bind(world.store.runs);
    world.store.runs.endedBefore = async (...bounds) => {
      const rows = await endedBefore(...bounds);
      const taken = rows.find(({ id }) => id === "r1");
      if (taken !== undefined)
        await world.store.commit([
          { op: "updateRun", run: taken.run, changes: { status: "running", active: true, endedAt: null } },
        ]);
      return rows;
    };
    await world.pass(80_000);
    expect(await world.store.runs.get("r1")).toMatchObject({ status: "running" });
    expect(await world.store.runs.get("r2")).toBeUndefined();
  });

  test("deleting an ended run cancels work that it does not await, for good", async () => {
    const world = await EmbeddedWorld.open();
    let aborted = 0;
    world.answer("work", (_count, _input, { signal }) => {
      signal.addEventListener("abort", () => aborted++);
      return new Promise(() => undefined);
    });
    const work = { run: { shell: { command: "x" }, await: false }, metadata: { "stigmer.delivery": "at-most-once" } };
    await world.engine.start(blank("r1", world.define(workflow("leaves", [{ work }] as WorkflowDocument["do"]))));
    await world.settle();
    expect(await world.store.records.get("intents", "1/1")).toBeDefined();
    await world.store.commit(removeRun(1));
    world.engine.deleted(1);
    await world.pass(2_000);
    expect([aborted, world.engine.load.runs]).toEqual([1, 0]);
    expect(await world.store.records.get("intents", "1/1")).toBeUndefined();
    await world.crash();
    await world.settle();
    expect(world.calls("work")).toBe(1);
  });

  test("stop ends what is running, refuses what is new, and loses nothing", async () => {
    const world = await EmbeddedWorld.open();
    const digest = world.define(workflow("work", [{ work: call }, { nap: { wait: { seconds: 1 } } }]));
    await world.engine.start(blank("r1", digest));
    await world.settle();
    const stopped = world.engine.stop(1_000);
    await expect(world.engine.start(blank("r2", digest))).rejects.toThrow(StoreUnavailable);
    await stopped;
    await world.crash();
    await world.pass(2_000);
    expect((await world.engine.view("r1"))?.row.status).toBe("completed");
  });

  test("hooks hear of traces and of published events after they are durable", async () => {
    const heard: string[] = [];
    const world = await EmbeddedWorld.open({
      hooks: {
        traces: (row, traces) => heard.push(...traces.map(({ moment }) => `${row.id} ${moment}`)),
        published: async (org, events) => void heard.push(...events.map((event) => `${org} ${String(event["type"])}`)),
      },
    });
    await world.engine.start(
      blank(
        "r1",
        world.define(workflow("emit", [{ tell: { emit: { event: { with: { type: "told", source: "test" } } } } }])),
      ),
    );
    await world.settle();
    expect(heard).toContain("r1 completed");
    expect(heard.at(-1)).toBe("acme told");
  });
});

describe("failpoints", () => {
  test("are all passed by a run that uses everything", async () => {
    const hit = new Set<FailpointName>();
    armFailpoints((name) => hit.add(name));
    try {
      const world = await EmbeddedWorld.open({
        options: {
          snapshotEveryRecords: 1,
          retentionMs: 1_000,
          retentionSweepMs: 100_000,
          timerHorizonMs: 1_000,
          cacheBytesMax: 0,
        },
      });
      world.define(workflow("child", [{ work: call }]));
      const pay = { ...call, metadata: { "stigmer.delivery": "at-most-once" } };
      const sub = { run: { workflow: { namespace: "test", name: "child", version: "1.0.0" } } };
      const tell = { emit: { event: { with: { type: "told", source: "test" } } } };
      await world.engine.start(
        blank("r1", world.define(workflow("all", [{ pay }, { sub }, { tell }, { nap: { wait: { seconds: 30 } } }]))),
      );
      await world.settle();
      world.answer("slow", () => new Promise(() => undefined));
      await world.engine.start(blank("r2", world.define(workflow("slow", [{ slow: call }]))));
      await world.engine.publish("acme", [{ id: "1", source: "test", type: "nobody" }]);
      await world.crash();
      await world.pass(300_000);
    } finally {
      armFailpoints(undefined);
    }
    expect(failpointNames.filter((name) => !hit.has(name))).toEqual([]);
    expect(failpointNames.length).toBeGreaterThanOrEqual(25);
  });

  test("kill at the n-th hit, and only known ones", () => {
    let killed = 0;
    expect(() => armFailpoint("nowhere:1", () => killed++)).toThrow('Cannot arm failpoint "nowhere"');
    expect(() => armFailpoint("step.before:x", () => killed++)).toThrow("positive integer");
  });
});

test("FairQueue lets owners take turns", () => {
  const queue = new FairQueue<string>();
  for (const item of ["a1", "a2", "a3"]) queue.push(1, item);
  queue.push(2, "b1");
  queue.push(3, "c1");
  const taken = Array.from({ length: 6 }, () => queue.take());
  expect(taken).toEqual(["a1", "b1", "c1", "a2", "a3", undefined]);
});

describe("a run that can not go on", () => {
  test("is quarantined when the interpreter throws, with what it has under way stopped, and the others go on", async () => {
    const interpreter: Interpreter = {
      ...coreInterpreter,
      step: (program, state, event) => {
        if (event.type === "activityCompleted" && event.output === "poison") throw new Error("assertion: poisoned");
        return coreInterpreter.step(program, state, event);
      },
    };
    const world = await EmbeddedWorld.open({ interpreter });
    let aborted = 0;
    world.answer("slow", (_count, _input, { signal }) => {
      signal.addEventListener("abort", () => aborted++);
      return new Promise(() => undefined);
    });
    world.answer("bad", (count) => Promise.resolve(count === 1 ? "poison" : "fine"));
    const digest = world.define(workflow("fork", [{ both: { fork: { branches: [{ slow: call }, { bad: call }] } } }]));
    await world.engine.start(blank("r1", digest));
    await world.settle();
    expect((await world.engine.view("r1"))?.row).toMatchObject({
      status: "quarantined",
      reason: "Cannot go on: assertion: poisoned",
      active: false,
    });
    expect(aborted).toBe(1);
    const other = world.define(workflow("other", [{ bad: call }]));
    await world.engine.start(blank("r2", other));
    await world.settle();
    expect((await world.engine.view("r2"))?.row).toMatchObject({ status: "completed", output: '"fine"' });
  });

  test("is forgotten when it was deleted meanwhile", async () => {
    const warnings: string[] = [];
    const world = await EmbeddedWorld.open({ hooks: { warn: (message) => warnings.push(message) } });
    let answer: (value: null) => void = () => undefined;
    world.answer("work", () => new Promise((resolve) => (answer = resolve)));
    await world.engine.start(blank("r1", world.define(workflow("work", [{ work: call }]))));
    await world.settle();
    await world.store.commit(removeRun(1));
    answer(null);
    await world.settle();
    expect(await world.engine.view("r1")).toBeUndefined();
    expect(world.engine.load.runs).toBe(0);
    expect(warnings).toEqual([]);
  });
});
