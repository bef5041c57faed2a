import assert from "node:assert/strict";
import type { SubscriptionRow, TimerRow, Write } from "../ports.ts";
import { type StoreCase, append, assertConflict, putRun, record, run, subscription } from "./store-case.ts";

/** Cases of journals, blobs, timers and subscriptions: what belongs to a run. */
export const journalCases: readonly StoreCase[] = [
  {
    name: "append gives back what was appended, in order and by range",
    async run(store) {
      const large = record(1, 3, { data: JSON.stringify({ text: "\u{1F600}".repeat(300_000) }) });
      await store.commit([putRun(run(1)), putRun(run(2)), append(record(1, 1))]);
      await store.commit([append(record(2, 1)), append(record(1, 2)), append(large), append(record(1, 4))]);
      assert.deepEqual(await store.journal.read(1, 1, 100), [record(1, 1), record(1, 2), large, record(1, 4)]);
      assert.deepEqual(await store.journal.read(1, 2, 1), [record(1, 2)]);
      assert.deepEqual(await store.journal.read(1, 5, 10), []);
      assert.deepEqual(await store.journal.read(9, 1, 10), []);
    },
  },
  {
    name: "append refuses gaps, forks and runs that are not there, and writes nothing of the batch",
    async run(store) {
      await store.commit([putRun(run(1)), append(record(1, 1))]);
      await assertConflict(store.commit([append(record(1, 3))]), { kind: "journalGap", existing: "1" });
      await assertConflict(store.commit([append(record(1, 1))]), { kind: "journalGap", existing: "1" });
      await assertConflict(store.commit([append(record(1, 2)), append(record(1, 2))]), {
        kind: "journalGap",
        existing: "2",
      });
      await assertConflict(store.commit([append(record(7, 1))]), { kind: "missing" });
      await store.commit([append(record(1, 2))]);
      assert.deepEqual(await store.journal.read(1, 1, 10), [record(1, 1), record(1, 2)]);
    },
  },
  {
    name: "putSnapshot replaces the last one",
    async run(store) {
      const snapshot = { run: 1, seq: 1, data: "{}", crc: 7, chain: "c" };
      await store.commit([putRun(run(1)), { op: "putSnapshot", row: snapshot }]);
      await store.commit([{ op: "putSnapshot", row: { ...snapshot, seq: 2 } }]);
      assert.deepEqual(await store.journal.snapshot(1), { ...snapshot, seq: 2 });
    },
  },
  {
    name: "tails gives for each run its snapshot and the records after it, no more than are asked for",
    async run(store) {
      const snapshot = { run: 2, seq: 2, data: "{}", crc: 7, chain: "c" };
      await store.commit([1, 2, 3, 4].map((key) => putRun(run(key))));
      await store.commit([1, 2, 3].flatMap((seq) => [append(record(1, seq)), append(record(2, seq))]));
      await store.commit([{ op: "putSnapshot", row: snapshot }, append(record(4, 1))]);
      const of = async (runs: readonly number[], limit: number): Promise<unknown> =>
        Object.fromEntries(await store.journal.tails(runs, limit));
      assert.deepEqual(await of([4, 1, 2, 3], 100), {
        1: { records: [record(1, 1), record(1, 2), record(1, 3)] },
        2: { snapshot, records: [record(2, 3)] },
        3: { records: [] },
        4: { records: [record(4, 1)] },
      });
      assert.deepEqual(await of([9], 100), { 9: { records: [] } });
      assert.deepEqual(await of([], 100), {});
      const some = [...(await store.journal.tails([1, 4], 2)).values()].flatMap(({ records }) => records);
      assert.equal(some.length, 2);
      assert.deepEqual(await of([1], 2), { 1: { records: [record(1, 1), record(1, 2)] } });
    },
  },
  {
    name: "what was read by many keys is known as it then is: writes go on from the last record, and refuse gaps",
    async run(store) {
      await store.commit([putRun(run(1)), putRun(run(2)), append(record(1, 1)), append(record(2, 1))]);
      await store.runs.byKeys([1, 2]);
      const ends = { status: "completed", endedAt: 9, output: "1" } as const;
      await store.commit([append(record(1, 2)), { op: "updateRun", run: 1, changes: { head: 2 } }]);
      await store.commit([{ op: "updateRun", run: 1, changes: ends }]);
      await assertConflict(store.commit([append(record(2, 3))]), { kind: "journalGap", existing: "1" });
      await store.commit([{ op: "updateRun", run: 2, changes: { reason: "first" } }]);
      await store.commit([{ op: "updateRun", run: 2, changes: { labels: { a: "b" } } }]);
      assert.deepEqual(await store.runs.byKey(1), run(1, { ...ends, head: 2, version: 3 }));
      assert.deepEqual(await store.runs.byKey(2), run(2, { reason: "first", labels: { a: "b" }, version: 3 }));
      await assertConflict(store.commit([{ op: "updateRun", run: 1, changes: { reason: "x" }, expect: 2 }]), {
        kind: "version",
        existing: "run-1",
      });
      await store.runs.byKeys([1]);
      await store.commit([{ op: "deleteRun", run: 1 }]);
      assert.deepEqual(await store.runs.byKeys([1]), []);
      await assertConflict(store.commit([append(record(1, 3))]), { kind: "missing" });
    },
  },
  {
    name: "putBlob keeps a large value by digest, once",
    async run(store) {
      const data = new Uint8Array(5_000_000).fill(3);
      await store.commit([putRun(run(1)), { op: "putBlob", run: 1, digest: "d", data }]);
      await store.commit([{ op: "putBlob", run: 1, digest: "d", data }]);
      assert.deepEqual(await store.journal.blob("d"), data);
      assert.equal(await store.journal.blob("e"), undefined);
      await assertConflict(store.commit([{ op: "putBlob", run: 9, digest: "f", data }]), { kind: "missing" });
    },
  },
  {
    name: "deleteRun removes the large values that no other run has",
    async run(store) {
      const put = (key: number, digest: string): Write => ({
        op: "putBlob",
        run: key,
        digest,
        data: Uint8Array.of(key),
      });
      await store.commit([
        putRun(run(1)),
        putRun(run(2)),
        put(1, "both"),
        put(2, "both"),
        put(1, "one"),
        put(2, "two"),
      ]);
      const present = async (): Promise<readonly boolean[]> =>
        Promise.all(["both", "one", "two"].map(async (digest) => (await store.journal.blob(digest)) !== undefined));
      await store.commit([{ op: "deleteRun", run: 1 }]);
      assert.deepEqual(await present(), [true, false, true]);
      await store.commit([{ op: "deleteRun", run: 2 }]);
      assert.deepEqual(await present(), [false, false, false]);
      await store.commit([putRun(run(3)), put(3, "one")]);
      assert.deepEqual(await present(), [false, true, false]);
    },
  },
  {
    name: "timers come in order of due time, run and id, and go on after a position",
    async run(store) {
      const timers: readonly TimerRow[] = [
        { dueAt: 5, run: 2, id: 1 },
        { dueAt: 5, run: 1, id: 9 },
        { dueAt: 5, run: 1, id: 10 },
        { dueAt: 7, run: 1, id: 1 },
        { dueAt: 1_900_000_000_000, run: 1, id: 2 },
      ];
      const writes = timers.map((row): Write => ({ op: "putTimer", row }));
      await store.commit([putRun(run(1)), putRun(run(2)), ...writes, ...writes]);
      assert.equal(await store.timers.count(), 5);
      const [first, ninth, tenth, seven] = [timers[0], timers[1], timers[2], timers[3]];
      assert.deepEqual(await store.timers.due(4, 10), []);
      assert.deepEqual(await store.timers.due(7, 10), [ninth, tenth, first, seven]);
      assert.deepEqual(await store.timers.due(7, 2), [ninth, tenth]);
      assert.deepEqual(await store.timers.due(7, 2, tenth), [first, seven]);
      await store.commit([
        { op: "deleteTimer", row: { dueAt: 5, run: 1, id: 10 } },
        { op: "deleteTimer", row: { dueAt: 5, run: 1, id: 11 } },
      ]);
      assert.deepEqual(await store.timers.due(5, 2, tenth), [first]);
      assert.deepEqual(await store.timers.due(5, 10), [ninth, first]);
      await store.commit([{ op: "deleteTimer", row: { dueAt: 6, run: 1, id: 9 } }]);
      assert.deepEqual(await store.timers.due(5, 10), [first]);
    },
  },
  {
    name: "subscriptions are found by any of their keys, once, in order, in pages",
    async run(store) {
      const rows: readonly SubscriptionRow[] = [
        subscription(2, 1, { keys: ["paid", "sent"] }),
        subscription(1, 2, { keys: ["sent"] }),
        subscription(1, 1, { keys: ["paid"], filters: '[{"type":"paid"}]' }),
        subscription(3, 1, { keys: ["paid"], org: "other" }),
        subscription(3, 2, { keys: ["*", "paid", "paid"] }),
      ];
      await store.commit([putRun(run(1)), putRun(run(2)), putRun(run(3))]);
      await store.commit(rows.map((row): Write => ({ op: "putSubscription", row })));
      const [second, sent, first, , any] = rows;
      assert.deepEqual(await store.subscriptions.byKeys("acme", ["paid"], 10), [first, second, any]);
      assert.deepEqual(await store.subscriptions.byKeys("acme", ["paid", "sent", "*", "paid"], 10), [
        first,
        sent,
        second,
        any,
      ]);
      assert.deepEqual(await store.subscriptions.byKeys("acme", ["paid", "sent"], 2), [first, sent]);
      assert.deepEqual(await store.subscriptions.byKeys("acme", ["paid", "sent"], 2, { run: 1, id: 2 }), [second, any]);
      assert.deepEqual(await store.subscriptions.byKeys("acme", ["none"], 2), []);
      assert.deepEqual(await store.subscriptions.byKeys("acme", [], 2), []);
      assert.deepEqual(await store.subscriptions.byRun(1), [first, sent]);
    },
  },
  {
    name: "putSubscription replaces keys, deleteSubscription removes them",
    async run(store) {
      await store.commit([putRun(run(1)), { op: "putSubscription", row: subscription(1, 1, { keys: ["a", "b"] }) }]);
      await store.commit([{ op: "putSubscription", row: subscription(1, 1, { keys: ["b", "c"] }) }]);
      assert.deepEqual(await store.subscriptions.byKeys("acme", ["a"], 5), []);
      assert.equal((await store.subscriptions.byKeys("acme", ["c"], 5)).length, 1);
      await store.commit([
        { op: "deleteSubscription", run: 1, id: 1 },
        { op: "deleteSubscription", run: 1, id: 5 },
      ]);
      assert.deepEqual(await store.subscriptions.byKeys("acme", ["a", "b", "c"], 5), []);
    },
  },
  {
    name: "rows of a run need the run",
    async run(store) {
      const rows: readonly Write[] = [
        { op: "putTimer", row: { dueAt: 1, run: 1, id: 1 } },
        { op: "putSubscription", row: subscription(1, 1) },
        { op: "putSnapshot", row: { run: 1, seq: 1, data: "{}", crc: 1, chain: "" } },
      ];
      for (const write of rows) await assertConflict(store.commit([write]), { kind: "missing" });
      await store.commit([putRun(run(1)), ...rows]);
      assert.equal(await store.timers.count(), 1);
    },
  },
];
