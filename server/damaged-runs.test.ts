import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createStigmerClient } from "@stigmer/api/client.ts";
import { afterEach, expect, test } from "vitest";
import { type App, startApp } from "./app.ts";
import { resolveConfig } from "./config/resolve-config.ts";
import { execution, workflow } from "./resources/testing/definitions.ts";
import { loadSqlite } from "./store/sqlite/database.ts";
import { storedColumns } from "./store/sqlite/run-columns.ts";

/* The whole server on a file in which the row of one run was changed: callers are told, and the others are as they were. */

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function server(data: string): Promise<App> {
  const app = await startApp(resolveConfig({ flags: { data, "log-level": "silent" } }).config, false);
  cleanups.push(() => app.close());
  return app;
}

const DEFINITION = "document: {dsl: 1.0.3, namespace: test, name: one, version: 1.0.0}\ndo:\n  - a: {set: {b: 1}}\n";
/** Neither its key nor the names that this test looks it up by. */
const damagedColumns = storedColumns.filter((column) => !["run", "id", "org", "slug"].includes(column));

test.each(damagedColumns)("a run whose %s is damaged on disk is listed and got as quarantined", async (column) => {
  const data = mkdtempSync(path.join(tmpdir(), "stigmer-damaged-"));
  cleanups.push(() => rmSync(data, { recursive: true, force: true }));
  const first = await server(data);
  const client = createStigmerClient(first.inProcess);
  const { metadata } = await client.workflow.command.apply(workflow("one", DEFINITION));
  const ids: string[] = [];
  for (let run = 0; run < 2; run++) {
    const made = await client.workflowExecution.command.create(execution(metadata?.id ?? ""));
    ids.push(made.metadata?.id ?? "");
  }
  await cleanups.pop()?.();
  const sqlite = await loadSqlite();
  const database = new sqlite.DatabaseSync(path.join(data, "stigmer.db"), { enableForeignKeyConstraints: false });
  database.prepare(`update runs set ${column} = ? where id = ?`).run("{ damaged", ids[0] ?? "");
  database.close();
  const second = createStigmerClient((await server(data)).inProcess);
  const got = await second.workflowExecution.query.get({ value: ids[0] ?? "" });
  expect(got.status?.error).toContain("Quarantined: the stored row of the run fails its checksum");
  expect((await second.workflowExecution.query.get({ value: ids[1] ?? "" })).status?.error).toBe("");
  const { entries } = await second.workflowExecution.query.list({ pageSize: 10 });
  const errors = new Map(entries.map((entry) => [entry.metadata?.id, entry.status?.error]));
  expect(errors.get(ids[1])).toBe("");
  // Lists go by status and time; a statement, unlike a flipped bit, changes their indexes too.
  if (!["status", "created_at"].includes(column)) expect(errors.get(ids[0])).toContain("fails its checksum");
});
