import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { coreInterpreter } from "../../server/engine/embedded/core-interpreter.ts";
import { openEmbeddedEngine } from "../../server/engine/embedded/embedded-engine.ts";
import { nodeClock, nodeRandom, nodeScheduler } from "../../server/engine/embedded/node-ports.ts";
import { jqEventExpressions } from "../../server/events/jq-event-expressions.ts";
import { openSqliteStore } from "../../server/store/sqlite/open-sqlite-store.ts";

/*
 * What the engine alone costs, in process: embedded engine, full interpreter, SQLite on disk with fsync, no API. Prints one JSON line for each workload and concurrency.
 */

const options = {
  seconds: { type: "string", default: "5" },
  workload: { type: "string", default: "pure10,noop10" },
  concurrency: { type: "string", default: "1,100" },
} as const;
const { values } = parseArgs({ options });

function workflow(name: string, tasks: WorkflowDocument["do"]): WorkflowDocument {
  return { document: { dsl: "1.0.0", namespace: "bench", name, version: "1.0.0" }, do: tasks };
}

const ten = Array.from({ length: 10 }, (_, index) => index);
const payload = {
  n: 0,
  items: ten.map((id) => ({ id, name: `item number ${String(id)}`, price: id * 1.5, tags: ["alpha", "beta"] })),
  note: "x".repeat(300),
};
const workloads: Readonly<
  Record<string, { readonly document: WorkflowDocument; readonly input: typeof payload | { n: number } }>
> = {
  pure10: {
    document: workflow(
      "pure10",
      ten.map((index) => ({ [`step${String(index)}`]: { set: "${ .n += 1 }" } })),
    ),
    input: payload,
  },
  noop10: {
    document: workflow(
      "noop10",
      ten.map((index) => ({
        [`step${String(index)}`]: { call: "http", with: { method: "get", endpoint: "http://127.0.0.1/" } },
      })),
    ),
    input: { n: 0 },
  },
  wait1: { document: workflow("wait1", [{ wait: { wait: { seconds: 1 } } }]), input: { n: 0 } },
};

const folder = mkdtempSync(join(tmpdir(), "stigmer-bench-"));
const store = await openSqliteStore({ path: join(folder, "bench.db"), programVersion: "bench" });
const done = new Map<string, () => void>();
const engine = await openEmbeddedEngine({
  store,
  clock: nodeClock(),
  scheduler: nodeScheduler,
  random: nodeRandom,
  interpreter: coreInterpreter,
  activities: { run: async () => null, consume: () => Promise.reject(new Error("no messages here")) },
  definitions: { load: async (digest) => workloads[digest]?.document },
  children: { start: () => Promise.reject(new Error("no children here")) },
  secrets: { seal: (bytes) => bytes, open: (bytes) => bytes },
  expressions: jqEventExpressions(() => Date.now()),
  hooks: {
    traces: (row) => {
      if (row.endedAt === undefined) return;
      done.get(row.id)?.();
      done.delete(row.id);
    },
    warn: (message, error) => console.error(message, error),
  },
});

let count = 0;

async function one(name: string, input: unknown): Promise<number> {
  const id = `r${String(count++)}`;
  const begin = performance.now();
  const ended = new Promise<void>((resolve) => done.set(id, resolve));
  await engine.start({
    id,
    org: "bench",
    slug: id,
    workflowId: name,
    instanceId: name,
    digest: name,
    labels: {},
    data: new Uint8Array(200),
    input: input as never,
    env: {},
    secrets: {},
  });
  await ended;
  return performance.now() - begin;
}

async function measure(name: string, concurrency: number, seconds: number): Promise<void> {
  const chosen = workloads[name];
  if (chosen === undefined)
    throw new Error(
      `Cannot measure "${name}": it is unknown, it should be one of ${Object.keys(workloads).join(", ")}`,
    );
  const until = performance.now() + seconds * 1_000;
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const latencies: number[] = [];
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() < until) latencies.push(await one(name, chosen.input));
    }),
  );
  const elapsed = (performance.now() - begin) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((left, right) => left - right);
  const at = (share: number): number => Number((latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2));
  console.log(
    JSON.stringify({
      workload: name,
      concurrency,
      runsPerSecond: Math.round(latencies.length / elapsed),
      p50: at(0.5),
      p99: at(0.99),
      cpuMicrosecondsPerRun: Math.round((user + system) / latencies.length),
      rssMb: Math.round(process.memoryUsage().rss / 1e6),
    }),
  );
}

for (const name of values.workload.split(",")) {
  for (const concurrency of values.concurrency.split(",")) {
    await measure(name, Number(concurrency), 1);
    await measure(name, Number(concurrency), Number(values.seconds));
  }
}
console.log(JSON.stringify({ bytesPerRun: Math.round(statSync(join(folder, "bench.db")).size / count) }));
await engine.stop(1_000);
await store.close();
rmSync(folder, { recursive: true });
