import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import type { RunRow, TimerRow, Write } from "../../store/ports.ts";
import { VirtualTime } from "../testing/virtual-time.ts";
import { SteadyClock } from "./steady-clock.ts";
import { compareTimers, TimerHeap } from "./timer-heap.ts";
import { Timers } from "./timers.ts";

const row: RunRow = {
  run: 1,
  id: "r",
  org: "o",
  slug: "r",
  workflowId: "w",
  instanceId: "i",
  digest: "d",
  status: "waiting",
  createdAt: 0,
  labels: {},
  data: new Uint8Array(0),
  head: 0,
  active: false,
  version: 1,
};

interface Bench {
  readonly time: VirtualTime;
  readonly fired: { readonly id: number; readonly late: number }[];
  readonly timers: Timers;
  readonly commit: (writes: readonly Write[]) => Promise<void>;
  run(ms: number): Promise<void>;
}

async function bench(inMemoryMax: number, due: readonly number[]): Promise<Bench> {
  const time = new VirtualTime(0);
  const store = createMemoryStore({ schedule: (step) => setImmediate(step) });
  const commit = (writes: readonly Write[]): Promise<void> => store.commit(writes);
  await commit([
    { op: "putRun", row },
    ...due.map((dueAt, id): Write => ({ op: "putTimer", row: { dueAt, run: 1, id } })),
  ]);
  const fired: Bench["fired"] = [];
  const timers = new Timers({
    reader: store.timers,
    clock: new SteadyClock(time),
    scheduler: time,
    horizonMs: 1_000,
    inMemoryMax,
    concurrency: 2,
    fire: async (timer) => {
      fired.push({ id: timer.id, late: time.nowMs() - timer.dueAt });
      await commit([{ op: "deleteTimer", row: timer }]);
    },
    warn: (error) => {
      throw error;
    },
  });
  await timers.start();
  const run = async (ms: number): Promise<void> => {
    const end = time.monotonicMs() + ms;
    time.after(ms, () => undefined);
    for (let next = time.next(); next !== undefined && next <= end; next = time.next()) {
      time.step();
      for (let turn = 0; turn < 4; turn++) await nextTurn();
    }
  };
  return { time, fired, timers, commit, run };
}

describe("Timers", () => {
  for (const inMemoryMax of [1, 3, 1_000]) {
    test(`fire each once, in order, never early, with room for ${String(inMemoryMax)}`, async () => {
      const due = [5_000, 20, 20, 20, 900, 1_500, 0, 3_000, 20, 1_501];
      const { fired, run } = await bench(inMemoryMax, due);
      await run(10_000);
      expect(fired.map(({ id }) => id).toSorted((left, right) => left - right)).toEqual(due.map((_, id) => id));
      expect(fired.every(({ late }) => late >= 0)).toBe(true);
      const order = fired.map(({ id }) => due[id] ?? 0);
      expect(order).toEqual(due.toSorted((left, right) => left - right));
    });

    test(`fire what is set later, before and behind what is in memory, with room for ${String(inMemoryMax)}`, async () => {
      const { fired, timers, commit, run } = await bench(inMemoryMax, [100, 200, 300]);
      const later: readonly TimerRow[] = [50, 150, 250, 5_000, 90_000].map((dueAt, index) => ({
        dueAt,
        run: 1,
        id: 10 + index,
      }));
      for (const timer of later) {
        await commit([{ op: "putTimer", row: timer }]);
        timers.add(timer);
      }
      await run(100_000);
      expect(fired.map(({ id }) => id)).toEqual([10, 0, 11, 1, 12, 2, 13, 14]);
    });
  }

  test("do not fire what was cleared", async () => {
    const { fired, timers, commit, run } = await bench(100, [100, 200]);
    const cleared = { dueAt: 100, run: 1, id: 0 };
    await commit([{ op: "deleteTimer", row: cleared }]);
    timers.forget(cleared);
    await run(1_000);
    expect(fired.map(({ id }) => id)).toEqual([1]);
  });
});

test("TimerHeap gives its rows in order of due time", () => {
  const heap = new TimerHeap();
  const rows = Array.from({ length: 200 }, (_, index) => ({ dueAt: (index * 7_919) % 101, run: index % 3, id: index }));
  for (const timer of rows) heap.push(timer);
  const popped = rows.map(() => heap.pop());
  expect(popped).toEqual(rows.toSorted(compareTimers));
  expect(heap.pop()).toBeUndefined();
});
