import assert from "node:assert/strict";
import {
  type Conflict,
  InvalidCursor,
  type RunChanges,
  type RunQuery,
  type RunRow,
  type Store,
  type Write,
} from "../ports.ts";
import {
  type StoreCase,
  append,
  assertConflict,
  putRun,
  record,
  resource,
  run,
  putResource,
  subscription,
} from "./store-case.ts";

async function pages(store: Store, query: Omit<RunQuery, "limit">, limit: number): Promise<number[]> {
  const keys: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.runs.list({ ...query, limit, ...(cursor === undefined ? {} : { cursor }) });
    assert.ok(page.rows.length === limit || page.next === undefined, "a page before the last is full");
    keys.push(...page.rows.map((row) => row.run));
    cursor = page.next;
  } while (cursor !== undefined);
  return keys;
}

function update(key: number, changes: RunChanges, expect?: "absent" | "present" | "any" | number): Write {
  return { op: "updateRun", run: key, changes, ...(expect === undefined ? {} : { expect }) };
}

const fullRun: RunRow = run(7, {
  reason: "asked for",
  startedAt: 2,
  endedAt: 3,
  idempotencyKey: "k",
  parentRun: 1,
  parentCommand: 4,
  labels: { a: "b" },
  output: '{"x":1}',
  fault: '{"type":"t"}',
  status: "faulted",
  active: false,
  head: 3,
});

/** The clock was set back between runs 3 and 4. */
const listed: readonly RunRow[] = [
  run(1, { createdAt: 10, status: "completed", workflowId: "w1", instanceId: "i1", labels: { team: "a", tier: "1" } }),
  run(2, { createdAt: 20, status: "completed", workflowId: "w1", instanceId: "i2", labels: { team: "a" } }),
  run(3, { createdAt: 30, status: "faulted", workflowId: "w1", instanceId: "i1", labels: { team: "b", tier: "1" } }),
  run(4, { createdAt: 20, status: "running", workflowId: "w2", instanceId: "i3", labels: { team: "a", tier: "1" } }),
  run(5, { createdAt: 40, status: "waiting", workflowId: "w3", instanceId: "i4", org: "other", labels: { team: "a" } }),
  run(6, { createdAt: 40, status: "quarantined", workflowId: "w1", instanceId: "i1" }),
];

const lists: readonly { readonly query: Omit<RunQuery, "limit">; readonly want: readonly number[] }[] = [
  { query: {}, want: [6, 5, 3, 4, 2, 1] },
  { query: { org: "acme" }, want: [6, 3, 4, 2, 1] },
  { query: { workflowId: "w1" }, want: [6, 3, 2, 1] },
  { query: { workflowId: "w1", org: "other" }, want: [] },
  { query: { instanceId: "i1" }, want: [6, 3, 1] },
  { query: { instanceId: "i1", workflowId: "w2" }, want: [] },
  { query: { statuses: ["completed"] }, want: [2, 1] },
  { query: { statuses: ["completed", "running", "completed"] }, want: [4, 2, 1] },
  { query: { statuses: [] }, want: [] },
  { query: { statuses: ["faulted", "completed"], workflowId: "w1", instanceId: "i1", org: "acme" }, want: [3, 1] },
  { query: { createdFrom: 20 }, want: [6, 5, 3, 4, 2] },
  { query: { createdBefore: 30 }, want: [4, 2, 1] },
  { query: { createdFrom: 20, createdBefore: 40, org: "acme" }, want: [3, 4, 2] },
  { query: { labels: { team: "a" } }, want: [5, 4, 2, 1] },
  { query: { labels: { team: "a", tier: "1" } }, want: [4, 1] },
  { query: { labels: { team: "a" }, org: "acme", statuses: ["completed", "waiting"], createdFrom: 20 }, want: [2] },
  { query: { labels: { team: "a" }, statuses: [] }, want: [] },
  { query: { labels: {} }, want: [6, 5, 3, 4, 2, 1] },
];

const keyConflicts: readonly {
  readonly name: string;
  readonly row: RunRow;
  readonly want: Pick<Conflict, "kind" | "existing">;
}[] = [
  { name: "a taken id", row: run(2, { id: "run-1" }), want: { kind: "idExists", existing: "run-1" } },
  { name: "a taken key", row: run(1, { id: "fresh", slug: "fresh" }), want: { kind: "idExists", existing: "run-1" } },
  { name: "a taken slug", row: run(2, { slug: "slug-1" }), want: { kind: "slugExists", existing: "run-1" } },
  {
    name: "a taken idempotency key",
    row: run(2, { idempotencyKey: "k" }),
    want: { kind: "idempotencyKey", existing: "run-1" },
  },
  {
    name: "a taken idempotency key and slug",
    row: run(2, { slug: "slug-1", idempotencyKey: "k" }),
    want: { kind: "idempotencyKey", existing: "run-1" },
  },
];

/** Cases of runs. */
export const runCases: readonly StoreCase[] = [
  {
    name: "putRun gives back what was put, by id, key, slug and idempotency key",
    async run(store) {
      const large = run(8, { data: new Uint8Array(2_000_000).fill(9), output: `"${"x".repeat(1_000_000)}"` });
      await store.commit([putRun(fullRun), putRun(large)]);
      assert.deepEqual(await store.runs.get("run-7"), fullRun);
      assert.deepEqual(await store.runs.byKey(7), fullRun);
      assert.deepEqual(await store.runs.bySlug("slug-7"), [fullRun]);
      assert.deepEqual(await store.runs.bySlug("slug-7", "acme"), [fullRun]);
      assert.deepEqual(await store.runs.bySlug("slug-7", "other"), []);
      assert.deepEqual(await store.runs.byIdempotencyKey("acme", "k"), fullRun);
      assert.deepEqual(await store.runs.byKey(8), large);
      const several = await store.runs.byKeys([8, 99, 7]);
      assert.deepEqual(
        several.toSorted((left, right) => left.run - right.run),
        [fullRun, large],
      );
      assert.deepEqual(await store.runs.byKeys([]), []);
      for (const miss of [store.runs.get("no"), store.runs.byKey(99), store.runs.byIdempotencyKey("other", "k")]) {
        assert.equal(await miss, undefined);
      }
    },
  },
  ...keyConflicts.map(({ name, row, want }): StoreCase => ({
    name: `putRun of ${name} gives ${want.kind}`,
    async run(store) {
      await store.commit([putRun(run(1, { idempotencyKey: "k" }))]);
      await assertConflict(store.commit([putRun(row)]), want);
      assert.equal((await store.runs.list({ limit: 10 })).rows.length, 1);
    },
  })),
  {
    name: "putRun allows slugs and idempotency keys of another organization, and no key for many",
    async run(store) {
      await store.commit([putRun(run(1, { slug: "s", idempotencyKey: "k" })), putRun(run(2)), putRun(run(3))]);
      await store.commit([putRun(run(4, { slug: "s", idempotencyKey: "k", org: "other" }))]);
      assert.deepEqual(
        (await store.runs.bySlug("s")).map((row) => row.run),
        [4, 1],
      );
    },
  },
  {
    name: "100 starts with one idempotency key at once give one run, the others are told its id",
    async run(store) {
      const starts = Array.from({ length: 100 }, (_, index) => [
        putRun(run(index + 1, { idempotencyKey: "k" })),
        append(record(index + 1, 1)),
      ]);
      const [first, ...others] = starts.map((batch) => store.commit(batch));
      await first;
      for (const other of others) await assertConflict(other, { kind: "idempotencyKey", existing: "run-1" });
      assert.deepEqual(await store.journal.read(2, 1, 10), []);
    },
  },
  {
    name: "updateRun changes, clears with null, leaves the rest and grows the version",
    async run(store) {
      await store.commit([putRun(fullRun)]);
      const changes = {
        status: "running",
        endedAt: null,
        fault: null,
        output: null,
        active: true,
        head: 4,
        reason: null,
      } as const;
      await store.commit([update(7, changes)]);
      const { endedAt: _endedAt, fault: _fault, output: _output, reason: _reason, ...rest } = fullRun;
      assert.deepEqual(await store.runs.byKey(7), { ...rest, status: "running", active: true, head: 4, version: 2 });
      await store.commit([update(7, { data: Uint8Array.of(5) }, 2), update(7, {}, 3)]);
      const after = await store.runs.byKey(7);
      assert.deepEqual([after?.version, after?.data], [4, Uint8Array.of(5)]);
    },
  },
  {
    name: "updateRun keeps lookups by slug, idempotency key and labels",
    async run(store) {
      await store.commit([putRun(fullRun), putRun(run(8))]);
      await assertConflict(store.commit([update(8, { slug: "slug-7" })]), { kind: "slugExists", existing: "run-7" });
      await assertConflict(store.commit([update(8, { idempotencyKey: "k" })]), {
        kind: "idempotencyKey",
        existing: "run-7",
      });
      await store.commit([
        update(7, { slug: "new", idempotencyKey: null, labels: { c: "d" } }),
        update(8, { slug: "slug-7", idempotencyKey: "k" }),
      ]);
      assert.deepEqual(
        (await store.runs.bySlug("new")).map((row) => row.run),
        [7],
      );
      assert.deepEqual(
        (await store.runs.bySlug("slug-7")).map((row) => row.run),
        [8],
      );
      assert.equal((await store.runs.byIdempotencyKey("acme", "k"))?.run, 8);
      assert.deepEqual(await pages(store, { labels: { a: "b" } }, 5), []);
      assert.deepEqual(await pages(store, { labels: { c: "d" } }, 5), [7]);
    },
  },
  {
    name: "updateRun of what is not as expected is refused",
    async run(store) {
      await store.commit([putRun(run(1))]);
      await assertConflict(store.commit([update(2, { head: 1 })]), { kind: "missing" });
      await assertConflict(store.commit([update(2, { head: 1 }, 1)]), { kind: "missing" });
      await assertConflict(store.commit([update(1, { head: 1 }, 5)]), { kind: "version", existing: "run-1" });
      await assertConflict(store.commit([update(1, { head: 1 }, "absent")]), { kind: "idExists", existing: "run-1" });
      await store.commit([update(2, { head: 1 }, "any")]);
      assert.deepEqual(await store.runs.byKey(1), run(1));
    },
  },
  {
    name: "runs list narrows, orders by time and key and pages without gap or repetition",
    async run(store) {
      await store.commit(listed.map((row) => putRun(row)));
      for (const { query, want } of lists) {
        for (const limit of [1, 2, 100]) {
          assert.deepEqual(await pages(store, query, limit), want, `${JSON.stringify(query)} by ${limit}`);
        }
      }
      const { next = "" } = await store.runs.list({ org: "acme", limit: 1 });
      await assert.rejects(store.runs.list({ org: "other", limit: 1, cursor: next }), InvalidCursor);
      await assert.rejects(store.runs.list({ org: "acme", limit: 1, cursor: "x" }), InvalidCursor);
    },
  },
  {
    name: "runs list follows changes of status",
    async run(store) {
      await store.commit(listed.map((row) => putRun(row)));
      assert.deepEqual(await store.runs.countByStatus(), {
        completed: 2,
        faulted: 1,
        running: 1,
        waiting: 1,
        quarantined: 1,
      });
      const open = (): Promise<number[]> => Promise.all(["w1", "w2", "w3"].map((id) => store.runs.countOpen(id)));
      assert.deepEqual(await open(), [0, 1, 1]);
      await store.commit([
        update(4, { status: "completed" }),
        update(5, { status: "cancelled" }),
        { op: "deleteRun", run: 3 },
      ]);
      assert.deepEqual(await pages(store, { statuses: ["completed"] }, 2), [4, 2, 1]);
      assert.deepEqual(await store.runs.countByStatus(), { completed: 3, cancelled: 1, quarantined: 1 });
      assert.deepEqual(await open(), [0, 0, 0]);
      await store.commit([putRun(run(8, { workflowId: "w2" })), putRun(run(9, { workflowId: "w2" }))]);
      assert.deepEqual(await open(), [0, 2, 0]);
      await assertConflict(store.commit([update(6, { status: "running" }), update(99, {})]), { kind: "missing" });
      assert.deepEqual(await store.runs.countByStatus(), { running: 2, completed: 3, cancelled: 1, quarantined: 1 });
      assert.deepEqual(await open(), [0, 2, 0], "what was undone is not counted");
      await store.commit([update(8, { status: "suspended" }), { op: "deleteRun", run: 9 }]);
      assert.deepEqual(await open(), [0, 1, 0]);
    },
  },
  {
    name: "active gives active runs by key, endedBefore ended ones with nothing under way by end",
    async run(store) {
      await store.commit([
        putRun(run(1)),
        putRun(run(2, { active: false, endedAt: 50 })),
        putRun(run(3)),
        putRun(run(4, { active: false, endedAt: 40 })),
        putRun(run(5, { active: false })),
        putRun(run(6)),
        putRun(run(7, { endedAt: 30 })),
      ]);
      await store.commit([update(6, { active: false, endedAt: 40 }), update(5, { active: true })]);
      const keys = (rows: readonly RunRow[]): number[] => rows.map((row) => row.run);
      assert.deepEqual(keys(await store.runs.active(0, 2)), [1, 3]);
      assert.deepEqual(keys(await store.runs.active(3, 2)), [5, 7]);
      assert.deepEqual(keys(await store.runs.endedBefore(51, 10)), [4, 6, 2]);
      assert.deepEqual(keys(await store.runs.endedBefore(50, 1)), [4]);
      await store.commit([update(7, { active: false })]);
      assert.deepEqual(keys(await store.runs.endedBefore(50, 1)), [7]);
    },
  },
  {
    name: "requireNoActiveRuns refuses while a run of the workflow or instance has not ended",
    async run(store) {
      await store.commit(listed.map((row) => putRun(row)));
      const check = (ids: { workflowId?: string; instanceId?: string }): Promise<void> =>
        store.commit([{ op: "requireNoActiveRuns", ...ids }, putResource(resource("x"), "any")]);
      await assertConflict(check({ workflowId: "w2" }), { kind: "activeRuns", existing: "run-4" });
      await assertConflict(check({ instanceId: "i4" }), { kind: "activeRuns", existing: "run-5" });
      await assertConflict(check({ workflowId: "w1", instanceId: "i1" }), { kind: "activeRuns", existing: "run-6" });
      assert.equal(await store.resources.get("workflow", "x"), undefined);
      await check({ instanceId: "i2" });
      await check({ workflowId: "w2", instanceId: "i2" });
      await check({ workflowId: "none" });
      await store.commit([update(6, { status: "cancelled" })]);
      await check({ workflowId: "w1" });
    },
  },
  {
    name: "deleteRun removes all that belongs to the run, and lastKey never goes back",
    async run(store) {
      assert.equal(await store.runs.lastKey(), 0);
      const parts = (key: number): Write[] => [
        putRun(run(key, { idempotencyKey: `k${key}`, labels: { a: "b" } })),
        append(record(key, 1)),
        append(record(key, 2)),
        { op: "putSnapshot", row: { run: key, seq: 2, data: "{}", crc: 1, chain: "c" } },
        { op: "putTimer", row: { dueAt: 10, run: key, id: 1 } },
        { op: "putSubscription", row: subscription(key, 1) },
      ];
      await store.commit([...parts(1), ...parts(2)]);
      await store.commit([
        { op: "deleteRun", run: 2 },
        { op: "deleteRun", run: 99 },
      ]);
      assert.equal(await store.runs.byKey(2), undefined);
      assert.deepEqual(await store.journal.read(2, 1, 10), []);
      assert.equal(await store.journal.snapshot(2), undefined);
      assert.deepEqual(await store.subscriptions.byRun(2), []);
      assert.deepEqual(await store.timers.due(100, 10), [{ dueAt: 10, run: 1, id: 1 }]);
      assert.deepEqual(await store.subscriptions.byKeys("acme", ["paid"], 10), [subscription(1, 1)]);
      assert.deepEqual(await pages(store, { labels: { a: "b" } }, 10), [1]);
      assert.equal(await store.runs.lastKey(), 2);
      await store.commit([putRun(run(3, { id: "run-2", slug: "slug-2", idempotencyKey: "k2" })), append(record(3, 1))]);
      assert.equal(await store.runs.lastKey(), 3);
    },
  },
];
