import assert from "node:assert/strict";
import {
  type Conflict,
  type Expectation,
  InvalidCursor,
  type ResourceQuery,
  type Store,
  type Write,
} from "../ports.ts";
import { type StoreCase, assertConflict, putResource, resource } from "./store-case.ts";

type Want = Pick<Conflict, "kind" | "existing"> | undefined;

/** What each expectation gives against a row that is there in version 3, and against none. */
const expectations: readonly { readonly expect: Expectation; readonly there: Want; readonly absent: Want }[] = [
  { expect: "absent", there: { kind: "idExists", existing: "a" }, absent: undefined },
  { expect: "present", there: undefined, absent: { kind: "missing" } },
  { expect: "any", there: undefined, absent: undefined },
  { expect: 3, there: undefined, absent: { kind: "missing" } },
  { expect: 2, there: { kind: "version", existing: "a" }, absent: { kind: "missing" } },
];

const writes: readonly {
  readonly name: string;
  readonly write: (expect: Expectation) => Write;
  /** The version of the row after the write was done. */
  readonly after: () => string | undefined;
}[] = [
  { name: "putResource", write: (expect) => putResource(resource("a", { version: 4 }), expect), after: () => "4" },
  {
    name: "deleteResource",
    write: (expect) => ({ op: "deleteResource", kind: "workflow", id: "a", expect }),
    after: () => undefined,
  },
  {
    name: "requireResource",
    write: (expect) => ({ op: "requireResource", kind: "workflow", id: "a", expect }),
    after: () => "3",
  },
];

function expectationCases(): StoreCase[] {
  return writes.flatMap(({ name, write, after }) =>
    expectations.flatMap(({ expect, there, absent }) => [
      {
        name: `${name} expecting ${expect} of a row of version 3 ${there === undefined ? "is done" : `gives ${there.kind}`}`,
        async run(store: Store) {
          await store.commit([putResource(resource("a", { version: 3 }))]);
          const commit = store.commit([write(expect)]);
          await (there === undefined ? commit : assertConflict(commit, there));
          const version = (await store.resources.get("workflow", "a"))?.version.toString();
          assert.equal(version, there === undefined ? after() : "3");
        },
      },
      {
        name: `${name} expecting ${expect} where there is no row ${absent === undefined ? "is done" : `gives ${absent.kind}`}`,
        async run(store: Store) {
          const commit = store.commit([write(expect)]);
          await (absent === undefined ? commit : assertConflict(commit, absent));
          const version = (await store.resources.get("workflow", "a"))?.version;
          assert.equal(version, absent === undefined && name === "putResource" ? 4 : undefined);
        },
      },
    ]),
  );
}

async function pages(store: Store, query: Omit<ResourceQuery, "limit">, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.resources.list({ ...query, limit, ...(cursor === undefined ? {} : { cursor }) });
    assert.ok(page.rows.length === limit || page.next === undefined, "a page before the last is full");
    ids.push(...page.rows.map((row) => row.id));
    cursor = page.next;
  } while (cursor !== undefined);
  return ids;
}

const listed = [
  resource("a", { createdAt: 1, labels: { tier: "gold", zone: "eu" }, parent: "p1" }),
  resource("b", { createdAt: 2, org: "other", labels: { tier: "gold" } }),
  resource("c", { createdAt: 2, labels: { tier: "gold", zone: "us" }, parent: "p1" }),
  resource("d", { createdAt: 3, labels: { tier: "silver", zone: "eu" }, parent: "p2", lookup: "shop/order" }),
  resource("e", { createdAt: 3, kind: "agent", labels: { tier: "gold" }, parent: "p1" }),
  resource("f", {
    createdAt: 2,
    labels: { tier: "gold", zone: "eu", __proto__x: "1" },
    parent: "p1",
    lookup: "shop/order",
  }),
];

const lists: readonly { readonly query: Omit<ResourceQuery, "limit">; readonly want: readonly string[] }[] = [
  { query: { kind: "workflow" }, want: ["d", "f", "c", "b", "a"] },
  { query: { kind: "workflow", org: "acme" }, want: ["d", "f", "c", "a"] },
  { query: { kind: "workflow", parent: "p1" }, want: ["f", "c", "a"] },
  { query: { kind: "workflow", parent: "p1", org: "other" }, want: [] },
  { query: { kind: "workflow", labels: { tier: "gold" } }, want: ["f", "c", "b", "a"] },
  { query: { kind: "workflow", labels: { tier: "gold", zone: "eu" } }, want: ["f", "a"] },
  { query: { kind: "workflow", labels: { zone: "eu" }, org: "acme", parent: "p2" }, want: ["d"] },
  { query: { kind: "workflow", labels: {} }, want: ["d", "f", "c", "b", "a"] },
  { query: { kind: "agent" }, want: ["e"] },
  { query: { kind: "nothing" }, want: [] },
];

/** Cases of resources. */
export const resourceCases: readonly StoreCase[] = [
  ...expectationCases(),
  {
    name: "putResource gives back what was put, large values included",
    async run(store) {
      const data = Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251);
      const full = resource("a", {
        parent: "p",
        lookup: "n/x",
        labels: { constructor: "c", "": "" },
        data,
        scope: 3,
        version: 7,
      });
      await store.commit([putResource(full), putResource(resource("plain"))]);
      assert.deepEqual(await store.resources.get("workflow", "a"), full);
      assert.deepEqual(await store.resources.get("workflow", "plain"), resource("plain"));
      assert.equal(await store.resources.get("agent", "a"), undefined);
    },
  },
  {
    name: "putResource of a taken slug gives slugExists, within kind and organization only",
    async run(store) {
      await store.commit([putResource(resource("a", { slug: "x" }))]);
      await assertConflict(store.commit([putResource(resource("b", { slug: "x" }))]), {
        kind: "slugExists",
        existing: "a",
      });
      await store.commit([
        putResource(resource("c", { slug: "x", org: "other" })),
        putResource(resource("d", { slug: "x", kind: "agent" })),
      ]);
      assert.deepEqual(
        (await store.resources.bySlug("workflow", "x")).map((row) => row.id),
        ["c", "a"],
      );
      assert.deepEqual(
        (await store.resources.bySlug("workflow", "x", "acme")).map((row) => row.id),
        ["a"],
      );
    },
  },
  {
    name: "putResource may take a slug that the same batch gave up",
    async run(store) {
      await store.commit([putResource(resource("a", { slug: "x" }))]);
      await store.commit([
        putResource(resource("a", { slug: "y", version: 2 }), 1),
        putResource(resource("b", { slug: "x" })),
        { op: "deleteResource", kind: "workflow", id: "a", expect: 2 },
        putResource(resource("c", { slug: "y" })),
      ]);
      assert.equal((await store.resources.bySlug("workflow", "x", "acme"))[0]?.id, "b");
      assert.equal((await store.resources.bySlug("workflow", "y", "acme"))[0]?.id, "c");
    },
  },
  {
    name: "200 creates of one slug at once give exactly one success",
    async run(store) {
      const creates = Array.from({ length: 200 }, (_, index) =>
        store.commit([putResource(resource(`r${index}`, { slug: "one" }))]),
      );
      const results = await Promise.allSettled(creates);
      assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
      assert.equal(results[0]?.status, "fulfilled", "commits are written in the order of the calls");
      assert.equal(await store.resources.count({ kind: "workflow" }), 1);
    },
  },
  {
    name: "list narrows, orders newest first and pages without gap or repetition; count agrees",
    async run(store) {
      await store.commit(listed.map((row) => putResource(row)));
      for (const { query, want } of lists) {
        for (const limit of [1, 2, 100]) {
          assert.deepEqual(await pages(store, query, limit), want, `${JSON.stringify(query)} by ${limit}`);
        }
        assert.equal(await store.resources.count(query), want.length, JSON.stringify(query));
      }
      assert.deepEqual(
        (await store.resources.byLookup("workflow", "shop/order", "acme")).map((row) => row.id),
        ["d", "f"],
      );
      assert.deepEqual(await store.resources.byLookup("workflow", "shop/order", "other"), []);
    },
  },
  {
    name: "list follows changed labels, and forgets those of deleted resources",
    async run(store) {
      await store.commit([
        putResource(resource("a", { labels: { tier: "gold", old: "1" } })),
        putResource(resource("b", { labels: { tier: "gold" } })),
      ]);
      await store.commit([
        putResource(resource("a", { labels: { tier: "silver" }, version: 2 }), 1),
        { op: "deleteResource", kind: "workflow", id: "b", expect: "any" },
      ]);
      assert.deepEqual(await pages(store, { kind: "workflow", labels: { tier: "gold" } }, 10), []);
      assert.deepEqual(await pages(store, { kind: "workflow", labels: { old: "1" } }, 10), []);
      assert.deepEqual(await pages(store, { kind: "workflow", labels: { tier: "silver" } }, 10), ["a"]);
    },
  },
  {
    name: "list goes on at its cursor though resources come and go meanwhile",
    async run(store) {
      await store.commit([3, 4, 5, 6].map((at) => putResource(resource(`r${at}`, { createdAt: at }))));
      const first = await store.resources.list({ kind: "workflow", limit: 2 });
      await store.commit([
        putResource(resource("newer", { createdAt: 9 })),
        { op: "deleteResource", kind: "workflow", id: "r5", expect: "any" },
      ]);
      const second = await store.resources.list({ kind: "workflow", limit: 2, cursor: first.next ?? "" });
      assert.deepEqual(
        second.rows.map((row) => row.id),
        ["r4", "r3"],
      );
      assert.equal(second.next, undefined);
    },
  },
  {
    name: "list refuses cursors that are not its own with InvalidCursor",
    async run(store) {
      await store.commit(listed.map((row) => putResource(row)));
      const { next = "" } = await store.resources.list({ kind: "workflow", org: "acme", limit: 1 });
      for (const cursor of ["", "garbage", "bnVsbA", next.slice(0, -3), `${next}AAAA`, next.toUpperCase()]) {
        await assert.rejects(
          store.resources.list({ kind: "workflow", org: "acme", limit: 1, cursor }),
          InvalidCursor,
          cursor,
        );
      }
      await assert.rejects(store.resources.list({ kind: "workflow", limit: 1, cursor: next }), InvalidCursor);
      await assert.rejects(store.resources.list({ kind: "agent", org: "acme", limit: 1, cursor: next }), InvalidCursor);
      const other = await store.resources.list({ org: "acme", kind: "workflow", limit: 3, cursor: next });
      assert.equal(other.rows.length, 3, "page size and order of members may change");
    },
  },
];
