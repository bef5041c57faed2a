import assert from "node:assert/strict";
import { type DefinitionRow, InvalidCursor, type Write } from "../ports.ts";
import { type StoreCase, assertConflict } from "./store-case.ts";

function definition(workflowId: string, revision: number, members: Partial<DefinitionRow> = {}): DefinitionRow {
  const digest = `digest-${workflowId}-${revision}`;
  return {
    workflowId,
    revision,
    digest,
    version: `1.0.${revision}`,
    createdAt: revision,
    source: "do: []",
    document: "{}",
    ...members,
  };
}

function put(row: DefinitionRow): Write {
  return { op: "putDefinition", row };
}

/** Cases of workflow definitions. */
export const definitionCases: readonly StoreCase[] = [
  {
    name: "putDefinition is found by digest and by revision, large sources included",
    async run(store) {
      const large = definition("w", 2, { source: "# \u{1F600}\n".repeat(200_000) });
      await store.commit([put(definition("w", 1)), put(large)]);
      assert.deepEqual(await store.definitions.byDigest("digest-w-2"), large);
      assert.deepEqual(await store.definitions.byRevision("w", 1), definition("w", 1));
      assert.equal(await store.definitions.byDigest("none"), undefined);
      assert.equal(await store.definitions.byRevision("w", 3), undefined);
    },
  },
  {
    name: "putDefinition never writes a revision twice",
    async run(store) {
      await store.commit([put(definition("w", 1))]);
      const again = put(definition("w", 1, { digest: "other" }));
      await assertConflict(store.commit([again]), { kind: "idExists", existing: "digest-w-1" });
      assert.equal(await store.definitions.byDigest("other"), undefined);
    },
  },
  {
    name: "putDefinition keeps one digest for several workflows; the lowest is found",
    async run(store) {
      await store.commit([put(definition("w2", 1, { digest: "same" })), put(definition("w1", 2, { digest: "same" }))]);
      assert.equal((await store.definitions.byDigest("same"))?.workflowId, "w1");
      await store.commit([{ op: "deleteDefinitions", workflowId: "w1" }]);
      assert.equal((await store.definitions.byDigest("same"))?.workflowId, "w2");
    },
  },
  {
    name: "definitions list newest first in pages",
    async run(store) {
      await store.commit([1, 2, 3, 10].map((revision) => put(definition("w", revision))));
      await store.commit([put(definition("other", 1))]);
      const first = await store.definitions.list("w", 3);
      assert.deepEqual(
        first.rows.map((row) => row.revision),
        [10, 3, 2],
      );
      const second = await store.definitions.list("w", 3, first.next);
      assert.deepEqual(
        second.rows.map((row) => row.revision),
        [1],
      );
      assert.equal(second.next, undefined);
      await assert.rejects(store.definitions.list("other", 3, first.next), InvalidCursor);
    },
  },
];
