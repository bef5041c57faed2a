import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.ts";

/** A process a step takes its time: CI sets KILL_EVERY=1 and visits each step, otherwise it is every sixth. */
const EVERY = Number(process.env["KILL_EVERY"] ?? 6);

const child = path.resolve(import.meta.dirname, "testing/crash-child.ts");
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "stigmer-kill-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a server process that is killed at a step of creating a workflow; tells whether it was. */
function runChild(database: string, at: string): { readonly killed: boolean; readonly output: string } {
  const arguments_ = ["--conditions=source", "--import", "tsx", child, database, at];
  const { signal, stdout, stderr, status } = spawnSync(process.execPath, arguments_, {
    encoding: "utf8",
    timeout: 60_000,
  });
  if (signal !== "SIGKILL" && status !== 0) throw new Error(stderr);
  return { killed: signal === "SIGKILL", output: stdout };
}

test("kill -9 at steps of create, and during its commit, leaves the workflow with its default instance or nothing", async () => {
  const database = path.join(folder, "stigmer.db");
  let killed = 0;
  for (let at = 0; runChild(database, String(at)).killed; at += EVERY) killed += 1;
  expect(killed).toBeGreaterThan(15 / EVERY);
  const last = runChild(database, "commit");
  expect(last.killed || last.output.startsWith("acknowledged")).toBe(true);
  const store = await openSqliteStore({ path: database, programVersion: "0.0.0-test" });
  const workflows = (await store.resources.list({ kind: "workflow", limit: 500 })).rows;
  const instances = (await store.resources.list({ kind: "workflow_instance", limit: 500 })).rows;
  expect(instances.map(({ parent }) => parent).sort()).toEqual(workflows.map(({ id }) => id).sort());
  for (const { id } of workflows) expect((await store.definitions.list(id, 10)).rows).toHaveLength(1);
  await store.close();
}, 300_000);
