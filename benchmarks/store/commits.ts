import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { JournalRecord, RunRow, Write } from "../../server/store/ports.ts";
import { openSqliteStore } from "../../server/store/sqlite/open-sqlite-store.ts";
import type { SqliteStore } from "../../server/store/sqlite/sqlite-store.ts";

/*
 * What the SQLite store commits, every commit durable. Run: npx tsx --conditions=source benchmarks/store/commits.ts [seconds of a row]
 */

const windowMs = Number(process.argv[2] ?? 5) * 1000;
const data = JSON.stringify({ type: "activityCompleted", id: 1, output: { text: "x".repeat(240) } });
const crc = crc32(data);

function run(key: number, members: Partial<RunRow> = {}): RunRow {
  const suffix = String(key).padStart(26, "0");
  const identity = { run: key, id: `wex-${suffix}`, org: "acme", slug: `order-${suffix}` };
  const of = { workflowId: `wfl-${"0".repeat(26)}`, instanceId: `win-${"0".repeat(26)}`, digest: "d".repeat(64) };
  const times = { createdAt: 1_700_000_000_000 + key, startedAt: 1_700_000_000_000 + key };
  return {
    ...identity,
    ...of,
    ...times,
    status: "running",
    labels: {},
    data: new Uint8Array(300),
    head: 1,
    active: true,
    version: 1,
    ...members,
  };
}

function append(key: number, seq: number): Write {
  const record: JournalRecord = { run: key, seq, at: 1_700_000_000_000, data, crc, chain: "0123456789abcdef" };
  return { op: "append", record };
}

interface Workload {
  readonly name: string;
  readonly unit: string;
  /** The batches of one writer, one after the other; the store is that of the row. */
  next(writer: number, turn: number): { readonly batch: readonly Write[]; readonly units: number };
  prepare?(store: SqliteStore, writers: number): Promise<void>;
}

let key = 0;
const begin = async (store: SqliteStore, writers: number): Promise<void> => {
  const first = key + 1;
  key += writers;
  await Promise.all(
    Array.from({ length: writers }, (_, index) =>
      store.commit([{ op: "putRun", row: run(first + index, { head: 0 }) }]),
    ),
  );
};

const workloads: readonly Workload[] = [
  {
    name: "pure run: putRun + append",
    unit: "runs",
    next() {
      key += 1;
      return {
        batch: [
          { op: "putRun", row: run(key, { status: "completed", active: false, endedAt: 1, output: data }) },
          append(key, 1),
        ],
        units: 1,
      };
    },
  },
  {
    name: "event: append",
    unit: "events",
    prepare: begin,
    next: (writer, turn) => ({ batch: [append(writer, turn)], units: 1 }),
  },
  {
    name: "event: append + updateRun(head)",
    unit: "events",
    prepare: begin,
    next: (writer, turn) => ({
      batch: [append(writer, turn), { op: "updateRun", run: writer, changes: { head: turn } }],
      units: 1,
    }),
  },
  {
    name: "10 appends in a batch",
    unit: "events",
    prepare: begin,
    next: (writer, turn) => ({
      batch: Array.from({ length: 10 }, (_, index) => append(writer, turn * 10 - 9 + index)),
      units: 10,
    }),
  },
];

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

async function measure(workload: Workload, writers: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "stigmer-bench-"));
  const store = await openSqliteStore({ path: join(directory, "bench.db"), programVersion: "0.0.0" });
  try {
    key = 0;
    await workload.prepare?.(store, writers);
    const latencies: number[] = [];
    let units = 0;
    const cpu = process.cpuUsage();
    const start = performance.now();
    const write = async (writer: number): Promise<void> => {
      for (let turn = 1; performance.now() - start < windowMs; turn++) {
        const { batch, units: done } = workload.next(writer, turn);
        const before = performance.now();
        await store.commit(batch);
        latencies.push(performance.now() - before);
        units += done;
      }
    };
    await Promise.all(Array.from({ length: writers }, (_, index) => write(index + 1)));
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const sorted = latencies.toSorted((left, right) => left - right);
    console.log(
      [
        workload.name.padEnd(34),
        `${String(writers).padStart(5)} writers`,
        `${Math.round(units / seconds)
          .toLocaleString("en")
          .padStart(9)} ${workload.unit}/s`,
        `p50 ${percentile(sorted, 0.5).toFixed(2)} ms`,
        `p99 ${percentile(sorted, 0.99).toFixed(2)} ms`,
        `CPU ${((user + system) / units).toFixed(1)} us`,
        `${Math.round(store.inspect().fileBytes / units)} B`,
      ].join("  "),
    );
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

for (const workload of workloads) {
  for (const writers of [1, 50, 1000]) await measure(workload, writers);
}
