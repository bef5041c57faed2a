import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { journalChecks } from "../../server/engine/embedded/journal-checks.ts";
import type { ResourceRow, RunRow, Write } from "../../server/store/ports.ts";
import { openSqliteStore } from "../../server/store/sqlite/open-sqlite-store.ts";
import type { SqliteStore } from "../../server/store/sqlite/sqlite-store.ts";

/*
 * What reads cost as the store fills, and what a backup does to others. Run: npx tsx --conditions=source benchmarks/store/lists.ts
 */

const SIZES = [1000, 10_000, 100_000];
const ROUNDS = 5;
const CALLS = 300;
const STATUSES = ["completed", "completed", "completed", "running", "waiting"] as const;

function resource(index: number): ResourceRow {
  const suffix = String(index).padStart(26, "0");
  const parent = `wfl-${String(index % 100).padStart(26, "0")}`;
  const names = {
    kind: "workflow-instance",
    id: `win-${suffix}`,
    org: "acme",
    slug: `instance-${suffix}`,
    scope: 1,
    parent,
    lookup: `shop/${index}`,
  };
  const labels = { team: `team-${index % 10}` };
  return {
    ...names,
    createdAt: 1_700_000_000_000 + index,
    updatedAt: 1,
    version: 1,
    labels,
    data: new Uint8Array(500),
  };
}

function run(index: number): RunRow {
  const suffix = String(index).padStart(26, "0");
  const identity = { run: index + 1, id: `wex-${suffix}`, org: "acme", slug: `run-${suffix}`, digest: "d".repeat(64) };
  const of = {
    workflowId: `wfl-${index % 100}`,
    instanceId: `win-${index % 100}`,
    labels: { team: `team-${index % 10}` },
  };
  const status = index % 1000 === 7 ? "faulted" : (STATUSES[index % STATUSES.length] ?? "running");
  return {
    ...identity,
    ...of,
    status,
    createdAt: 1_700_000_000_000 + index,
    data: new Uint8Array(300),
    head: 0,
    active: false,
    version: 1,
  };
}

const queries: readonly { readonly name: string; read(store: SqliteStore, pick: number): Promise<unknown> }[] = [
  { name: "resource get", read: (store, pick) => store.resources.get("workflow-instance", resource(pick).id) },
  {
    name: "resource by slug",
    read: (store, pick) => store.resources.bySlug("workflow-instance", resource(pick).slug, "acme"),
  },
  {
    name: "resource by lookup",
    read: (store, pick) => store.resources.byLookup("workflow-instance", `shop/${pick}`, "acme"),
  },
  { name: "resources of kind, 50", read: (store) => store.resources.list({ kind: "workflow-instance", limit: 50 }) },
  {
    name: "resources of organization, 50",
    read: (store) => store.resources.list({ kind: "workflow-instance", org: "acme", limit: 50 }),
  },
  {
    name: "resources of parent, 10",
    read: (store) => store.resources.list({ kind: "workflow-instance", parent: resource(5).parent ?? "", limit: 10 }),
  },
  {
    name: "resources by label, 50",
    read: (store) => store.resources.list({ kind: "workflow-instance", labels: { team: "team-3" }, limit: 50 }),
  },
  { name: "runs, 50", read: (store) => store.runs.list({ limit: 50 }) },
  { name: "runs of organization, 50", read: (store) => store.runs.list({ org: "acme", limit: 50 }) },
  { name: "runs of workflow, 10", read: (store) => store.runs.list({ workflowId: "wfl-7", limit: 10 }) },
  { name: "runs waiting, 50", read: (store) => store.runs.list({ statuses: ["waiting"], limit: 50 }) },
  {
    name: "runs faulted of workflow, 1",
    read: (store) => store.runs.list({ workflowId: "wfl-7", statuses: ["faulted"], limit: 1 }),
  },
  {
    name: "runs of a time, 50",
    read: (store) => store.runs.list({ createdFrom: 1_700_000_000_100, createdBefore: 1_700_000_000_500, limit: 50 }),
  },
  { name: "runs by label, 50", read: (store) => store.runs.list({ labels: { team: "team-3" }, limit: 50 }) },
  { name: "counts by status", read: (store) => store.runs.countByStatus() },
];

/** Median of the rounds, in microseconds a call. */
async function measure(store: SqliteStore, size: number, query: (typeof queries)[number]): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    for (let call = 0; call < CALLS; call++) await query.read(store, (call * 7919) % size);
    // The first round warms up.
    if (round > 0) rounds.push(((performance.now() - start) * 1000) / CALLS);
  }
  return rounds.toSorted((left, right) => left - right)[Math.floor(ROUNDS / 2)] ?? 0;
}

async function measureBackup(store: SqliteStore, target: string): Promise<void> {
  let longestMs = 0;
  let commits = 0;
  let done = false;
  const start = performance.now();
  const backup = store.backup(target, journalChecks).then(() => (done = true));
  for (let last = performance.now(); !done;) {
    await store.commit([{ op: "putRecord", row: { space: "s", key: "k", value: String(commits++) } }]);
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }
  await backup;
  const { fileBytes } = store.inspect();
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `backup of ${(fileBytes / 1e6).toFixed(0)} MB: ${seconds.toFixed(2)} s, ${commits} commits meanwhile, the longest ${longestMs.toFixed(1)} ms`,
  );
}

const directory = mkdtempSync(join(tmpdir(), "stigmer-bench-"));
try {
  const results = new Map<string, number[]>(queries.map(({ name }) => [name, []]));
  for (const size of SIZES) {
    const store = await openSqliteStore({ path: join(directory, `${size}.db`), programVersion: "0.0.0" });
    const writes = Array.from({ length: size }, (_, index): Write[] => [
      { op: "putResource", row: resource(index), expect: "absent" },
      { op: "putRun", row: run(index) },
    ]);
    for (let start = 0; start < size; start += 1000) await store.commit(writes.slice(start, start + 1000).flat());
    for (const query of queries) results.get(query.name)?.push(await measure(store, size, query));
    if (size === SIZES.at(-1)) await measureBackup(store, join(directory, "backup.db"));
    await store.close();
  }
  console.log(["us a call".padEnd(32), ...SIZES.map((size) => String(size).padStart(9)), "growth"].join(" "));
  for (const [name, times] of results) {
    const growth = ((times.at(-1) ?? 0) / (times[0] ?? 1)).toFixed(2);
    console.log([name.padEnd(32), ...times.map((time) => time.toFixed(1).padStart(9)), growth.padStart(6)].join(" "));
  }
} finally {
  rmSync(directory, { recursive: true });
}
