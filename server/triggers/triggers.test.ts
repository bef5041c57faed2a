import type { ScheduleDefinition } from "@stigmer/core/dsl/model.ts";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { describe, expect, test } from "vitest";
import { jqEventExpressions } from "../events/jq-event-expressions.ts";
import type { RunRow } from "../store/ports.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import { nextTick, restartAt } from "./next-tick.ts";
import { scheduleWrites } from "../resources/workflow/record-schedule.ts";
import { StartRefused, Triggers } from "./triggers.ts";

const MINUTE = 60_000;
const at = (text: string): number => Date.parse(text);

describe("nextTick", () => {
  const applied = at("2026-01-01T00:00:30Z");
  const table: readonly {
    readonly schedule: ScheduleDefinition;
    readonly after: string;
    readonly want: string | undefined;
  }[] = [
    { schedule: { every: { minutes: 5 } }, after: "2026-01-01T00:00:30Z", want: "2026-01-01T00:05:30Z" },
    { schedule: { every: { minutes: 5 } }, after: "2026-01-01T00:05:30Z", want: "2026-01-01T00:10:30Z" },
    { schedule: { every: { minutes: 5 } }, after: "2026-01-01T03:12:00Z", want: "2026-01-01T03:15:30Z" },
    { schedule: { every: "P1M" }, after: "2026-02-15T00:00:00Z", want: "2026-03-01T00:00:30Z" },
    { schedule: { cron: "0 9 * * 1" }, after: "2026-01-01T00:00:00Z", want: "2026-01-05T09:00:00Z" },
    {
      schedule: { cron: "CRON_TZ=Europe/Berlin 0 9 * * *" },
      after: "2026-07-01T00:00:00Z",
      want: "2026-07-01T07:00:00Z",
    },
    {
      schedule: { cron: "0 9 * * *", every: { minutes: 1 } },
      after: "2026-01-01T08:59:40Z",
      want: "2026-01-01T09:00:00Z",
    },
    { schedule: { after: { minutes: 1 } }, after: "2026-01-01T00:00:00Z", want: undefined },
  ];
  test.each(table)("of $schedule after $after is $want", ({ schedule, after, want }) => {
    const tick = nextTick(schedule, applied, at(after));
    expect(tick === undefined ? undefined : new Date(tick).toISOString().replace(".000", "")).toBe(want);
  });

  test("restartAt counts from the end of a run", () => {
    expect(restartAt({ after: "PT90S" }, 1_000)).toBe(91_000);
    expect(restartAt({ every: "PT90S" }, 1_000)).toBeUndefined();
  });
});

/** A world with a clock that moves only when told to, and a store that outlives the triggers. */
function world(schedule: ScheduleDefinition, startMs = at("2026-01-01T00:00:00Z")) {
  const store = createMemoryStore();
  const starts: { readonly input: Json; readonly key: string; readonly chain?: string }[] = [];
  const warnings: string[] = [];
  let nowMs = startMs;
  let sleeping: { readonly atMs: number; readonly task: () => void } | undefined;
  let triggers = fresh();

  function fresh(): Triggers {
    return new Triggers({
      store,
      expressions: jqEventExpressions(() => nowMs),
      runtime: { name: "stigmer" },
      nowMs: () => nowMs,
      later(delayMs, task) {
        const mine = { atMs: nowMs + delayMs, task };
        sleeping = mine;
        return () => {
          if (sleeping === mine) sleeping = undefined;
        };
      },
      async start(_record, input, key, chain) {
        if (it.refuse) throw new StartRefused("no");
        const known = starts.some((other) => other.key === key);
        if (!known) starts.push({ input, key, ...(chain === undefined ? {} : { chain }) });
      },
      warn(message, error) {
        if (error instanceof Error && error.message === "lost") return;
        if (!(error instanceof StartRefused)) throw error;
        warnings.push(message);
      },
    });
  }

  const it = {
    starts,
    warnings,
    /** The server refuses every start. */
    refuse: false,
    /** The process dies before its next write is durable. */
    loseNextWrite(): void {
      const { commit } = store;
      store.commit = async () => {
        store.commit = commit;
        throw new Error("lost");
      };
    },
    lifecycleTypes: () => triggers.lifecycleTypes("local"),
    async begin(): Promise<void> {
      await store.commit(scheduleWrites("wfl-1", { org: "local", digest: "d1", schedule, appliedAtMs: nowMs }));
      await triggers.load();
      triggers.begin();
    },
    async pass(ms: number): Promise<void> {
      const untilMs = nowMs + ms;
      for (let steps = 0; sleeping !== undefined && sleeping.atMs <= untilMs && steps < 10_000; steps += 1) {
        const { atMs, task } = sleeping;
        nowMs = Math.max(nowMs, atMs);
        sleeping = undefined;
        task();
        await triggers.idle();
      }
      nowMs = untilMs;
    },
    async restartAfter(ms: number): Promise<void> {
      await triggers.end();
      sleeping = undefined;
      nowMs += ms;
      triggers = fresh();
      await triggers.load();
      triggers.begin();
      await it.pass(0);
    },
    publish: (...events: JsonObject[]) => triggers.published("local", events),
    ended: (endedAt: number) => triggers.ended({ workflowId: "wfl-1", status: "completed", endedAt } as RunRow),
    settle: () => triggers.idle(),
    get nowMs() {
      return nowMs;
    },
  };
  return it;
}

describe("Triggers", () => {
  test("start a run at every tick, once each", async () => {
    const it = world({ every: { minutes: 5 } });
    await it.begin();
    await it.pass(4 * MINUTE);
    expect(it.starts.length).toBe(0);
    await it.pass(12 * MINUTE);
    expect(it.starts.map(({ key }) => key)).toEqual(
      [5, 10, 15].map((minutes) => `schedule:wfl-1:at:${at("2026-01-01T00:00:00Z") + minutes * MINUTE}`),
    );
  });

  test("make up for ticks missed while down by one start, and keep the beat", async () => {
    const it = world({ every: { minutes: 5 } });
    await it.begin();
    await it.restartAfter(62 * MINUTE);
    expect(it.starts.length).toBe(1);
    await it.pass(4 * MINUTE);
    expect(it.starts.length).toBe(2);
    expect(it.starts[1]?.key).toBe(`schedule:wfl-1:at:${at("2026-01-01T01:05:00Z")}`);
  });

  test("start again `after` each run has ended", async () => {
    const it = world({ after: { minutes: 1 } });
    await it.begin();
    await it.pass(MINUTE);
    expect(it.starts.length).toBe(1);
    await it.pass(10 * MINUTE);
    expect(it.starts.length).toBe(1);
    it.ended(it.nowMs);
    await it.settle();
    await it.pass(MINUTE);
    expect(it.starts.length).toBe(2);
  });

  const event = (type: string, id: string, data: JsonObject): JsonObject => ({
    specversion: "1.0",
    type,
    source: "test",
    id,
    data,
  });

  test("start a run for each event that `on.one` takes, with the envelope as input", async () => {
    const it = world({ on: { one: { with: { type: "paid" } } } });
    await it.begin();
    await it.publish(event("paid", "1", { order: 7 }), event("other", "2", {}), event("paid", "3", { order: 8 }));
    expect(it.starts.map(({ input }) => (input as readonly { data: Json }[]).map(({ data }) => data))).toEqual([
      [{ order: 7 }],
      [{ order: 8 }],
    ]);
    await it.publish(event("paid", "1", { order: 7 }));
    expect(it.starts.length).toBe(2);
  });

  test("gather `on.all` by correlation, over a restart, and honour `read`", async () => {
    const correlate = { order: { from: ".data.order" } };
    const it = world({
      on: {
        all: [
          { with: { type: "paid" }, correlate },
          { with: { type: "packed" }, correlate },
        ],
      },
      read: "data",
    });
    await it.begin();
    await it.publish(event("paid", "1", { order: 7 }), event("packed", "2", { order: 8 }));
    expect(it.starts).toEqual([]);
    await it.restartAfter(MINUTE);
    await it.publish(event("packed", "3", { order: 7 }));
    expect(it.starts.map(({ input }) => input)).toEqual([[{ order: 7 }, { order: 7 }]]);
    await it.publish(event("paid", "4", { order: 8 }));
    expect(it.starts.map(({ input }) => input)[1]).toEqual([{ order: 8 }, { order: 8 }]);
  });

  const typed = (type: string): { readonly with: { readonly type: string } } => ({ with: { type } });

  interface OnCase {
    readonly name: string;
    readonly on: NonNullable<ScheduleDefinition["on"]>;
    readonly events: readonly (JsonObject | "restart")[];
    /** Ids of the events of each start. */
    readonly want: readonly (readonly string[])[];
  }
  const reading = (id: string, value: number, room = "a"): JsonObject => event("reading", id, { value, room });
  const cases: readonly OnCase[] = [
    {
      name: "`any` with an `until` over the events so far, over a restart",
      on: { any: [typed("reading")], until: "${ map(.data.value) | add >= 10 }" },
      events: [reading("1", 4), "restart", reading("2", 5), reading("3", 1), reading("4", 12), reading("5", 1)],
      want: [["1", "2", "3"], ["4"]],
    },
    {
      name: "`any` of nothing with an `until`",
      on: { any: [], until: "length == 2" },
      events: [event("a", "1", {}), event("b", "2", {}), event("c", "3", {})],
      want: [["1", "2"]],
    },
    {
      name: "`any` until an event, which is in no input",
      on: { any: [typed("reading")], until: { one: typed("end") } },
      events: [
        event("end", "0", {}),
        reading("1", 1),
        reading("2", 2),
        "restart",
        event("end", "3", {}),
        reading("4", 4),
      ],
      want: [["1", "2"]],
    },
    {
      name: "`any` until all of several events",
      on: { any: [typed("reading")], until: { all: [typed("door"), typed("light")] } },
      events: [event("light", "0", {}), reading("1", 1), reading("2", 2), "restart", event("door", "3", {})],
      want: [["1", "2"]],
    },
    {
      name: "`any` until an event, by correlation",
      on: {
        any: [{ ...typed("reading"), correlate: { room: { from: ".data.room" } } }],
        until: { one: { ...typed("end"), correlate: { room: { from: ".data.room" } } } },
      },
      events: [reading("1", 1, "a"), reading("2", 2, "b"), reading("3", 3, "a"), event("end", "4", { room: "a" })],
      want: [["1", "3"]],
    },
    {
      name: "an `until` that never holds ends at a thousand events",
      on: { any: [typed("reading")], until: "${ false }" },
      events: Array.from({ length: 1_001 }, (_item, index) => reading(String(index), 1)),
      want: [Array.from({ length: 1_000 }, (_item, index) => String(index))],
    },
    {
      name: "an event that is published again counts once",
      on: { all: [typed("reading"), typed("reading")] },
      events: [
        reading("1", 1),
        reading("1", 1),
        "restart",
        reading("1", 1),
        reading("2", 2),
        reading("2", 2),
        reading("3", 3),
      ],
      want: [["1", "2"]],
    },
    {
      name: "`correlate.expect`, a text or an expression",
      on: {
        any: [
          { ...typed("reading"), correlate: { room: { from: ".data.room", expect: "b" } } },
          { ...typed("other"), correlate: { n: { from: ".data.value", expect: "${ 1 + 1 }" } } },
        ],
      },
      events: [
        reading("1", 1, "a"),
        reading("2", 1, "b"),
        event("other", "3", { value: 2 }),
        event("other", "4", { value: 3 }),
      ],
      want: [["2"], ["3"]],
    },
    {
      name: "regular expressions, predicates, `$runtime` and texts that only look like one",
      on: {
        any: [
          { with: { type: "rea.*", data: "${ .value > 5 }" } },
          { with: { type: "${ $runtime.name }" } },
          { with: { type: "a+b", subject: "x" } },
        ],
      },
      events: [
        reading("1", 6),
        reading("2", 5),
        event("stigmer", "3", {}),
        { ...event("a+b", "4", {}), subject: "x" },
        event("aab", "5", {}),
      ],
      want: [["1"], ["3"], ["4"]],
    },
    {
      name: "an expression that fails takes nothing",
      on: { any: [{ with: { type: "reading", data: "${ .value.x.y > 5 }" } }] },
      events: [reading("1", 6)],
      want: [],
    },
    {
      name: "a lifecycle event only where its type is named, and never of its own workflow",
      on: { any: [typed("io.serverlessworkflow.workflow.*"), { with: { source: "test" } }] },
      events: [
        event("io.serverlessworkflow.task.started.v1", "1", {}),
        { ...event("io.serverlessworkflow.workflow.started.v1", "2", {}), workflowchain: "wfl-0 wfl-1" },
        { ...event("io.serverlessworkflow.workflow.started.v1", "3", {}), workflowchain: "wfl-0" },
      ],
      want: [["3"]],
    },
    {
      name: "no lifecycle event for `any` of nothing",
      on: { any: [] },
      events: [event("io.serverlessworkflow.workflow.started.v1", "1", {}), event("x", "2", {})],
      want: [["2"]],
    },
  ];
  test.each(cases)("take from events: $name", async ({ on, events, want }) => {
    const it = world({ on });
    await it.begin();
    for (const one of events) {
      if (one === "restart") await it.restartAfter(MINUTE);
      else await it.publish(one);
    }
    const ids = it.starts.map(({ input }) => (input as readonly { readonly id: string }[]).map(({ id }) => id));
    expect(ids).toEqual(want);
  });

  test("read what is given as `read` in an `until`, and hand on what led to the events", async () => {
    const it = world({ on: { any: [typed("io\\.serverlessworkflow\\..*")], until: ". == [1, 2]" }, read: "data" });
    await it.begin();
    const lifecycle = event("io.serverlessworkflow.workflow.started.v1", "1", {});
    await it.publish({ ...lifecycle, data: 1, workflowchain: "a b" });
    await it.publish({ ...lifecycle, id: "2", data: 2, workflowchain: "b c" });
    expect(it.starts).toMatchObject([{ input: [1, 2], chain: "a b c" }]);
    expect(it.lifecycleTypes()?.size).toBe(18);
  });

  test("start once where a crash comes between the start and what was gathered", async () => {
    const it = world({ on: { all: [typed("reading"), typed("door")] } });
    await it.begin();
    await it.publish(reading("1", 1));
    it.loseNextWrite();
    await expect(it.publish(event("door", "2", {}))).rejects.toThrow("lost");
    await it.restartAfter(0);
    // What is not acknowledged is published again.
    await it.publish(event("door", "2", {}));
    await it.publish(reading("1", 1), event("door", "2", {}));
    expect(it.starts.length).toBe(1);
    await it.publish(reading("3", 3), event("door", "4", {}));
    expect(it.starts.length).toBe(2);
  });

  test("go on after a start that is refused for good", async () => {
    const it = world({ on: { one: typed("reading") } });
    it.refuse = true;
    await it.begin();
    await it.publish(reading("1", 1));
    it.refuse = false;
    await it.publish(reading("2", 2));
    expect(it.starts.length).toBe(1);
    expect(it.warnings).toEqual(["A scheduled run was refused"]);
  });
});
