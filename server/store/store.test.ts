import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "vitest";
import { createMemoryStore } from "./memory/memory-store.ts";
import type { Store } from "./ports.ts";
import { openSqliteStore } from "./sqlite/open-sqlite-store.ts";
import { storeSuite } from "./suite.ts";

const directory = mkdtempSync(join(tmpdir(), "stigmer-store-"));
let files = 0;

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const stores: readonly { readonly name: string; open(): Promise<Store> }[] = [
  {
    name: "SQLite in a file",
    open: () => openSqliteStore({ path: join(directory, `${files++}.db`), programVersion: "0.0.0" }),
  },
  { name: "SQLite in memory", open: () => openSqliteStore({ path: ":memory:", programVersion: "0.0.0" }) },
  { name: "memory", open: async () => createMemoryStore() },
];

for (const kind of stores) {
  describe(kind.name, () => {
    test.each(storeSuite)("$name", async (storeCase) => {
      const store = await kind.open();
      try {
        await storeCase.run(store);
      } finally {
        await store.close();
      }
    });
  });
}
