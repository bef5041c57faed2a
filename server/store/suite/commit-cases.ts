import assert from "node:assert/strict";
import type { Write } from "../ports.ts";
import {
  type StoreCase,
  append,
  assertConflict,
  putResource,
  putRun,
  record,
  resource,
  run,
  subscription,
} from "./store-case.ts";

function putRecord(key: string, value: string, space = "s"): Write {
  return { op: "putRecord", row: { space, key, value } };
}

/** Cases of commits as such, and of the small records they are easiest seen with. */
export const commitCases: readonly StoreCase[] = [
  {
    name: "records are put, replaced, deleted and listed by prefix in order of code points",
    async run(store) {
      const keys = ["a", "a/1", "a/2", "a0", "b", "a/\u{1F600}", "a/\uFF5E", ""];
      await store.commit([...keys.map((key) => putRecord(key, `v${key}`)), putRecord("a/1", "x", "other")]);
      await store.commit([
        putRecord("b", "new"),
        { op: "deleteRecord", space: "s", key: "a0" },
        { op: "deleteRecord", space: "s", key: "no" },
      ]);
      assert.equal(await store.records.get("s", "b"), "new");
      assert.equal(await store.records.get("s", "a0"), undefined);
      const list = async (prefix?: string): Promise<string[]> =>
        (await store.records.list("s", prefix)).map((row) => row.key);
      assert.deepEqual(await list("a/"), ["a/1", "a/2", "a/\uFF5E", "a/\u{1F600}"]);
      assert.deepEqual(await list(), ["", "a", "a/1", "a/2", "a/\uFF5E", "a/\u{1F600}", "b"]);
      assert.deepEqual(await list("zz"), []);
      assert.deepEqual(await store.records.keys("s"), await list());
      assert.deepEqual(await store.records.keys("none"), []);
    },
  },
  {
    name: "commit writes a refused batch not at all, whatever it wrote before the refusal, and the batches beside it whole",
    async run(store) {
      await store.commit([
        putRun(run(1, { labels: { a: "b" } })),
        append(record(1, 1)),
        putResource(resource("kept", { labels: { a: "b" } })),
      ]);
      const before = store.commit([putRecord("before", "1"), append(record(1, 2))]);
      const refused = store.commit([
        putRecord("refused", "1"),
        putResource(resource("new", { labels: { a: "b" } })),
        putResource(resource("kept", { version: 2 }), 1),
        { op: "updateRun", run: 1, changes: { status: "completed", labels: {}, slug: "renamed" } },
        append(record(1, 3)),
        { op: "putTimer", row: { dueAt: 1, run: 1, id: 1 } },
        { op: "putSubscription", row: subscription(1, 1) },
        {
          op: "putDefinition",
          row: { workflowId: "w", revision: 1, digest: "d", version: "1", createdAt: 1, source: "", document: "" },
        },
        putRun(run(2)),
        { op: "deleteResource", kind: "workflow", id: "kept", expect: "any" },
        { op: "deleteRun", run: 1 },
        { op: "requireResource", kind: "workflow", id: "nowhere", expect: "present" },
      ]);
      const after = store.commit([append(record(1, 3)), putRecord("after", "1")]);
      await Promise.all([before, after, assertConflict(refused, { kind: "missing" })]);
      assert.deepEqual(
        (await store.records.list("s")).map((row) => row.key),
        ["after", "before"],
      );
      assert.deepEqual((await store.runs.list({ limit: 10, labels: { a: "b" } })).rows, [
        run(1, { labels: { a: "b" } }),
      ]);
      assert.deepEqual((await store.resources.list({ kind: "workflow", limit: 10, labels: { a: "b" } })).rows, [
        resource("kept", { labels: { a: "b" } }),
      ]);
      assert.equal((await store.journal.read(1, 1, 10)).length, 3);
      assert.equal(await store.timers.count(), 0);
      assert.deepEqual(await store.subscriptions.byRun(1), []);
      assert.equal(await store.definitions.byDigest("d"), undefined);
      assert.deepEqual(await store.runs.countByStatus(), { running: 1 });
      assert.equal(await store.runs.lastKey(), 1);
    },
  },
  {
    name: "commit sees within a batch what the batch wrote",
    async run(store) {
      await store.commit([
        putResource(resource("a")),
        { op: "requireResource", kind: "workflow", id: "a", expect: 1 },
        putResource(resource("a", { version: 2 }), 1),
        { op: "deleteResource", kind: "workflow", id: "a", expect: 2 },
        { op: "requireResource", kind: "workflow", id: "a", expect: "absent" },
        putRun(run(1)),
        append(record(1, 1)),
        { op: "deleteRun", run: 1 },
        putRun(run(1)),
        append(record(1, 1)),
      ]);
      assert.deepEqual(await store.journal.read(1, 1, 9), [record(1, 1)]);
    },
  },
  {
    name: "commits take effect and answer in the order of the calls",
    async run(store) {
      const answers: number[] = [];
      const commits = Array.from({ length: 50 }, (_, index) => {
        const write: Write =
          index % 3 === 1
            ? { op: "requireResource", kind: "k", id: "no", expect: "present" }
            : putRecord("last", String(index));
        return store.commit([write]).then(
          () => answers.push(index),
          () => answers.push(index),
        );
      });
      await Promise.all(commits);
      assert.deepEqual(
        answers,
        Array.from({ length: 50 }, (_, index) => index),
      );
      assert.equal(await store.records.get("s", "last"), "48");
    },
  },
  {
    name: "reads after an acknowledgement see the write",
    async run(store) {
      for (let index = 0; index < 20; index++) {
        await store.commit([putRecord("k", String(index)), putRun(run(index + 1, { status: "completed" }))]);
        assert.equal(await store.records.get("s", "k"), String(index));
        assert.equal((await store.runs.countByStatus())["completed"], index + 1);
      }
    },
  },
  {
    name: "an empty batch is done after those before it",
    async run(store) {
      let written = false;
      void store.commit([putRecord("k", "1")]).then(() => (written = true));
      await store.commit([]);
      assert.equal(written, true);
    },
  },
  {
    name: "close writes what is queued, then commits are refused as closed",
    async run(store) {
      const queued = store.commit([putRecord("k", "1")]);
      await store.close();
      await queued;
      await assert.rejects(store.commit([putRecord("k", "2")]), { name: "StoreUnavailable", reason: "closed" });
    },
  },
];
