import type { ScheduleDefinition } from "@stigmer/core/dsl/model.ts";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { describe, expect, test } from "vitest";
import { jqEventExpressions } from "../events/jq-event-expressions.ts";
import type { RunRow } from "../store/ports.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import { nextTick, restartAt } from "./next-tick.ts";
import { scheduleWrites } from "../resources/workflow/record-schedule.ts";
import { Triggers } from "./triggers.ts";

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
  const starts: { readonly input: Json; readonly key: string }[] = [];
  let nowMs = startMs;
  let sleeping: { readonly atMs: number; readonly task: () => void } | undefined;
  let triggers = fresh();

  function fresh(): Triggers {
    return new Triggers({
      store,
      expressions: jqEventExpressions(() => nowMs),
      nowMs: () => nowMs,
      later(delayMs, task) {
        const mine = { atMs: nowMs + delayMs, task };
        sleeping = mine;
        return () => {
          if (sleeping === mine) sleeping = undefined;
        };
      },
      async start(_record, input, key) {
        if (!starts.some((known) => known.key === key)) starts.push({ input, key });
      },
      warn(_message, error) {
        throw error;
      },
    });
  }

  return {
    starts,
    async begin(): Promise<void> {
      await store.commit(scheduleWrites("wfl-1", { org: "local", digest: "d1", schedule, appliedAtMs: nowMs }));
      await triggers.begin();
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
      await triggers.begin();
      await this.pass(0);
    },
    publish: (...events: JsonObject[]) => triggers.published("local", events),
    ended: (endedAt: number) => triggers.ended({ workflowId: "wfl-1", status: "completed", endedAt } as RunRow),
    settle: () => triggers.idle(),
    get nowMs() {
      return nowMs;
    },
  };
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
});
