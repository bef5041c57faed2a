import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryStore } from "./memory/memory-store.ts";
import { CommitConflict, type Expectation, type Store, type Write } from "./ports.ts";
import { openSqliteStore } from "./sqlite/open-sqlite-store.ts";
import { putResource, putRun, record, resource, run, subscription } from "./suite/store-case.ts";

/*
 * Random batches on SQLite and on the memory store, which is written from the words of the port without any index: every answer and every read must be the same.
 * All values come from small sets, so that writes meet each other.
 */

const few = fc.nat({ max: 3 });
const name = fc.constantFrom("a", "b", "c");
const org = fc.constantFrom("acme", "other");
const labels = fc.constantFrom({}, { tier: "gold" }, { tier: "gold", zone: "eu" }, { zone: "eu" });
const status = fc.constantFrom("pending", "running", "waiting", "completed", "faulted", "quarantined");
const expectation: fc.Arbitrary<Expectation> = fc.constantFrom<Expectation[]>("absent", "present", "any", 1, 2);
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });

/** Without the members that are undefined. */
function defined<Row extends object>(row: Row): { [Key in keyof Row]: Exclude<Row[Key], undefined> } {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as never;
}

const kind = fc.constantFrom("workflow", "agent");
const resourceRow = fc
  .record({
    kind,
    org,
    slug: name,
    parent: maybe(name),
    lookup: maybe(name),
    createdAt: few,
    version: fc.integer({ min: 1, max: 2 }),
    labels,
  })
  .chain((members) => name.map((id) => resource(id, defined(members))));
const runKey = fc.integer({ min: 1, max: 5 });
const runRow = fc
  .record({
    org,
    slug: name,
    workflowId: name,
    instanceId: name,
    status,
    createdAt: few,
    labels,
    active: fc.boolean(),
    endedAt: maybe(few),
    idempotencyKey: maybe(name),
  })
  .chain((members) => runKey.map((key) => run(key, defined(members))));
const runChanges = fc
  .record({
    org: maybe(org),
    slug: maybe(name),
    status: maybe(status),
    labels: maybe(labels),
    active: maybe(fc.boolean()),
    endedAt: maybe(fc.option(few)),
    idempotencyKey: maybe(fc.option(name)),
    head: maybe(few),
  })
  .map(defined);
const timer = fc.record({ dueAt: few, run: runKey, id: few });
const keys = fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 3 });

const write: fc.Arbitrary<Write> = fc.oneof(
  { arbitrary: fc.record({ op: fc.constant("putResource"), row: resourceRow, expect: expectation }), weight: 3 },
  fc.record({ op: fc.constant("deleteResource"), kind, id: name, expect: expectation }),
  fc.record({ op: fc.constant("requireResource"), kind, id: name, expect: expectation }),
  fc.record({
    op: fc.constant("putDefinition"),
    row: fc.record({
      workflowId: name,
      revision: few,
      digest: name,
      version: name,
      createdAt: few,
      source: name,
      document: name,
    }),
  }),
  fc.record({ op: fc.constant("deleteDefinitions"), workflowId: name }),
  { arbitrary: fc.record({ op: fc.constant("putRun"), row: runRow }), weight: 4 },
  {
    arbitrary: fc.record({ op: fc.constant("updateRun"), run: runKey, changes: runChanges, expect: expectation }),
    weight: 3,
  },
  { arbitrary: fc.record({ op: fc.constant("updateRun"), run: runKey, changes: runChanges }), weight: 2 },
  fc.record({ op: fc.constant("deleteRun"), run: runKey }),
  fc.record({ op: fc.constant("requireNoActiveRuns"), workflowId: name }),
  fc.record({ op: fc.constant("requireNoActiveRuns"), workflowId: name, instanceId: name }),
  {
    arbitrary: fc
      .tuple(runKey, fc.integer({ min: 1, max: 3 }))
      .map(([key, seq]) => ({ op: "append", record: record(key, seq) }) as const),
    weight: 4,
  },
  fc.record({
    op: fc.constant("putSnapshot"),
    row: fc.record({ run: runKey, seq: few, data: name, crc: few, chain: name }),
  }),
  fc.record({ op: fc.constant("putTimer"), row: timer }),
  fc.record({ op: fc.constant("deleteTimer"), row: timer }),
  fc
    .tuple(runKey, few, org, keys)
    .map(
      ([key, id, of, subscribed]) =>
        ({ op: "putSubscription", row: subscription(key, id, { org: of, keys: subscribed }) }) as const,
    ),
  fc.record({ op: fc.constant("deleteSubscription"), run: runKey, id: few }),
  fc.record({ op: fc.constant("putBlob"), run: runKey, digest: name, data: fc.constant(Uint8Array.of(1)) }),
  fc.record({ op: fc.constant("putRecord"), row: fc.record({ space: name, key: name, value: name }) }),
  fc.record({ op: fc.constant("deleteRecord"), space: name, key: name }),
);

/** Groups of batches that are committed at once. */
const history = fc.array(fc.array(fc.array(write, { maxLength: 4 }), { maxLength: 6 }), { maxLength: 8 });

/** So that writes that need a run or a resource find one. */
const beginning: readonly (readonly Write[])[] = [
  [putRun(run(1, { slug: "first" })), putRun(run(2, { slug: "second" })), putResource(resource("a"))],
];

async function commitAll(store: Store, group: readonly (readonly Write[])[]): Promise<readonly unknown[]> {
  return Promise.all(
    group.map((batch) =>
      store.commit(batch).then(
        () => "written",
        (error: unknown) => {
          if (!(error instanceof CommitConflict)) throw error;
          const { kind: conflict, write: refused, existing } = error.conflict;
          // Which of several active runs is named is left to the store.
          return { conflict, refused, existing: conflict === "activeRuns" ? "one of them" : existing };
        },
      ),
    ),
  );
}

/** Everything the readers tell, in pages of two where there are pages. */
async function readAll(store: Store): Promise<unknown> {
  const results: unknown[] = [await store.runs.countByStatus(), await store.runs.lastKey(), await store.timers.count()];
  const pages = async <Row>(
    list: (cursor: string | undefined) => Promise<{ rows: readonly Row[]; next?: string }>,
  ): Promise<void> => {
    let cursor: string | undefined;
    do {
      const page = await list(cursor);
      results.push(page);
      cursor = page.next;
    } while (cursor !== undefined);
  };
  const at = (cursor: string | undefined): { cursor?: string } => (cursor === undefined ? {} : { cursor });
  for (const letter of ["a", "b", "c"]) {
    for (const of of ["workflow", "agent"]) {
      results.push(
        await store.resources.get(of, letter),
        await store.resources.bySlug(of, letter),
        await store.resources.bySlug(of, letter, "acme"),
      );
      results.push(
        await store.resources.byLookup(of, letter, "acme"),
        await store.resources.count({ kind: of, parent: letter, org: "acme" }),
      );
      for (const query of [
        { parent: letter },
        { org: "acme" },
        { labels: { tier: "gold" } },
        { labels: { tier: "gold", zone: "eu" }, org: "other" },
        {},
      ]) {
        await pages((cursor) => store.resources.list({ kind: of, ...query, limit: 2, ...at(cursor) }));
      }
    }
    results.push(await store.definitions.byDigest(letter), await store.definitions.byRevision(letter, 1));
    results.push(await store.runs.countOpen(letter));
    await pages((cursor) => store.definitions.list(letter, 2, cursor));
    results.push(
      await store.runs.bySlug(letter),
      await store.runs.bySlug(letter, "other"),
      await store.runs.byIdempotencyKey("acme", letter),
    );
    for (const query of [
      { workflowId: letter },
      { instanceId: letter, org: "acme" },
      { workflowId: letter, labels: { zone: "eu" } },
    ]) {
      await pages((cursor) => store.runs.list({ ...query, limit: 2, ...at(cursor) }));
    }
    results.push(
      await store.records.list(letter),
      await store.records.get(letter, "a"),
      await store.journal.blob(letter),
    );
  }
  for (const query of [
    {},
    { org: "other" },
    { statuses: ["running", "completed"] },
    { createdFrom: 1, createdBefore: 3 },
  ] as const) {
    await pages((cursor) => store.runs.list({ ...query, limit: 2, ...at(cursor) }));
  }
  for (let key = 1; key <= 5; key++) {
    results.push(
      await store.runs.byKey(key),
      await store.runs.get(`run-${key}`),
      await store.journal.read(key, 1, 10),
      await store.journal.snapshot(key),
    );
    results.push(await store.subscriptions.byRun(key));
  }
  results.push(await store.runs.active(0, 3), await store.runs.endedBefore(3, 3), await store.timers.due(2, 4));
  results.push(await store.timers.due(9, 9, { dueAt: 1, run: 2, id: 1 }));
  results.push(
    await store.subscriptions.byKeys("acme", ["x", "y"], 3),
    await store.subscriptions.byKeys("acme", ["z", "x"], 3, { run: 2, id: 0 }),
  );
  return results;
}

async function readTogether(store: Store): Promise<unknown> {
  const rows = await store.runs.byKeys([1, 2, 3, 4, 5]);
  const tails = await store.journal.tails([1, 2, 3, 4, 5], 100);
  return { rows: rows.toSorted((left, right) => left.run - right.run), tails };
}

test("SQLite and memory give the same answers and reads after any batches", async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(history, async (groups) => {
      const sqlite = await openSqliteStore({ path: ":memory:", programVersion: "0.0.0" });
      const memory = createMemoryStore();
      try {
        for (const group of [beginning, ...groups]) {
          const answers = await commitAll(sqlite, group);
          expect(answers).toEqual(await commitAll(memory, group));
          // Rows that were read together are what later writes start from.
          expect(await readTogether(sqlite)).toEqual(await readTogether(memory));
          for (const [index, batch] of group.entries()) {
            for (const { op } of answers[index] === "written" ? batch : []) seen.set(op, (seen.get(op) ?? 0) + 1);
          }
        }
        expect(await readAll(sqlite)).toEqual(await readAll(memory));
      } finally {
        await sqlite.close();
        await memory.close();
      }
    }),
    { numRuns: 300 },
  );
  // Every kind of write succeeded now and then, or the comparison would be of refusals only.
  expect(seen.size).toBe(18);
  expect(Math.min(...seen.values())).toBeGreaterThan(5);
});
