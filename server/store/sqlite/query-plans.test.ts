import { expect, test } from "vitest";
import { Connection, type SqliteDatabase, type SqlRow, loadSqlite } from "./database.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { storeSuite } from "../suite.ts";
import { SqliteStore } from "./sqlite-store.ts";

/** Statements that look at a whole table on purpose. */
const ALLOWED: readonly RegExp[] = [
  // Counted once, then kept in memory.
  /^select status, count\(\*\) as n from runs group by status$/u,
  /^select count\(\*\) as n from timers$/u,
];

/*
 * The suite runs over a database that explains each of its statements: all must find their rows by an index and take them in its order, or they would slow down as the store fills.
 */
test("every statement of the store finds its rows by an index, in the order of the index", async () => {
  const sqlite = await loadSqlite();
  const slow = new Map<string, readonly string[]>();
  const explained = new Set<string>();
  for (const storeCase of storeSuite) {
    const database = new sqlite.DatabaseSync(":memory:", { enableForeignKeyConstraints: false });
    migrate(new Connection(database), "0.0.0", migrations);
    const watched: SqliteDatabase = {
      isTransaction: false,
      exec: (sql) => database.exec(sql),
      close: () => database.close(),
      prepare(sql) {
        explain(database, sql);
        return database.prepare(sql);
      },
    };
    const limits = { queuedWritesMax: 1000, transactionWritesMax: 1000 };
    const connection = new Connection(watched);
    const store = new SqliteStore({
      connection,
      path: ":memory:",
      limits,
      checkFile: () => undefined,
      released: () => undefined,
    });
    await storeCase.run(store);
    await store.close();
  }
  expect(explained.size).toBeGreaterThan(60);
  expect(Object.fromEntries(slow)).toEqual({});

  function explain(database: SqliteDatabase, sql: string): void {
    if (explained.has(sql) || !/^(select|update|delete)/u.test(sql) || ALLOWED.some((text) => text.test(sql))) return;
    explained.add(sql);
    const plan = database
      .prepare(`explain query plan ${sql}`)
      .all()
      .map((row: SqlRow) => String(row["detail"]));
    // A sort may be of a page that was fetched already, or of the few rows of one name, never of what a list is taken from.
    const few = plan.some((step) => /^(CO-ROUTINE|MATERIALIZE|SEARCH .* USING INDEX \w+_(slug|lookup) )/u.test(step));
    const wrong = plan.filter(
      (step) =>
        /^SCAN (?!k( VIRTUAL TABLE .*)?$|CONSTANT ROW)/u.test(step) || (step.startsWith("USE TEMP B-TREE") && !few),
    );
    if (wrong.length > 0) slow.set(sql, plan);
  }
});
