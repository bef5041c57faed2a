import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { coreInterpreter } from "../../server/engine/embedded/core-interpreter.ts";
import { type EmbeddedEngine, openEmbeddedEngine } from "../../server/engine/embedded/embedded-engine.ts";
import { nodeClock, nodeRandom, nodeScheduler } from "../../server/engine/embedded/node-ports.ts";
import { jqEventExpressions } from "../../server/events/jq-event-expressions.ts";
import { openSqliteStore } from "../../server/store/sqlite/open-sqlite-store.ts";
import type { SqliteStore } from "../../server/store/sqlite/sqlite-store.ts";

/*
 * What waiting runs cost: starts --runs that wait for a day, and --due that end after --seconds; prints memory, disk, restart time and lateness. In process, SQLite on disk with fsync.
 */

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100000" },
    due: { type: "string", default: "10000" },
    seconds: { type: "string", default: "25" },
    path: { type: "string" },
  },
});
const folder = values.path === undefined ? mkdtempSync(join(tmpdir(), "stigmer-waiting-")) : undefined;
const path = values.path ?? join(folder ?? "", "waiting.db");
const naps: Readonly<Record<string, WorkflowDocument>> = {
  long: nap("long", 86_400),
  short: nap("short", Number(values.seconds)),
};
const ended: number[] = [];

function nap(name: string, seconds: number): WorkflowDocument {
  return {
    document: { dsl: "1.0.0", namespace: "bench", name, version: "1.0.0" },
    do: [{ nap: { wait: { seconds } } }],
  };
}

async function open(): Promise<{ readonly store: SqliteStore; readonly engine: EmbeddedEngine }> {
  const store = await openSqliteStore({ path, programVersion: "bench" });
  const engine = await openEmbeddedEngine({
    store,
    clock: nodeClock(),
    scheduler: nodeScheduler,
    random: nodeRandom,
    interpreter: coreInterpreter,
    activities: { run: async () => null, consume: () => Promise.reject(new Error("no messages here")) },
    definitions: { load: async (digest) => naps[digest] },
    children: { start: () => Promise.reject(new Error("no children here")) },
    secrets: { seal: (bytes) => bytes, open: (bytes) => bytes },
    expressions: jqEventExpressions(() => Date.now()),
    hooks: {
      traces: (row) => {
        if (row.endedAt !== undefined) ended.push(Date.now() - (row.createdAt + Number(values.seconds) * 1_000));
      },
      warn: (message, error) => console.error(message, error),
    },
  });
  return { store, engine };
}

async function start(engine: EmbeddedEngine, digest: string, count: number): Promise<number> {
  let next = 0;
  const begin = performance.now();
  const client = async (): Promise<void> => {
    while (next < count) {
      const id = `${digest}-${String(next++)}`;
      const request = { id, org: "bench", slug: id, workflowId: digest, instanceId: digest, digest, labels: {} };
      await engine.start({ ...request, data: new Uint8Array(200), input: {}, env: {}, secrets: {} });
    }
  };
  await Promise.all(Array.from({ length: 500 }, client));
  return Math.round(count / ((performance.now() - begin) / 1_000));
}

function rssMb(): number {
  return Math.round(process.memoryUsage.rss() / 1e6);
}

/** Fills a database with waiting runs. */
async function fill(): Promise<void> {
  const { engine, store } = await open();
  const startedPerSecond = await start(engine, "long", Number(values.runs));
  await engine.stop(0);
  await store.close();
  const bytesPerRun = Math.round(statSync(path).size / Number(values.runs));
  console.log(JSON.stringify({ waiting: Number(values.runs), startedPerSecond, bytesPerRun, rssMb: rssMb() }));
}

/** Opens it again, as a restart would, and adds runs that come due together. */
async function restart(): Promise<void> {
  const emptyMb = rssMb();
  const begin = performance.now();
  const { engine, store } = await open();
  const readyMs = Math.round(performance.now() - begin);
  await engine.recovered;
  console.log(JSON.stringify({ restart: { readyMs, emptyMb, rssMb: rssMb() } }));
  const due = Number(values.due);
  const admittedPerSecond = await start(engine, "short", due);
  while (ended.length < due) await new Promise((resolve) => setTimeout(resolve, 100));
  ended.sort((left, right) => left - right);
  const at = (share: number): number | undefined => ended[Math.min(ended.length - 1, Math.floor(ended.length * share))];
  const latenessMs = { earliest: at(0), p50: at(0.5), p99: at(0.99), last: at(1) };
  console.log(JSON.stringify({ due, admittedPerSecond, latenessMs, rssMb: rssMb() }));
  await engine.stop(0);
  await store.close();
}

if (folder === undefined) await restart();
else {
  await fill();
  const given = ["--path", path, "--due", values.due, "--seconds", values.seconds];
  await once(fork(import.meta.filename, given), "exit");
  rmSync(folder, { recursive: true });
}
