import { crc32 } from "node:zlib";
import type { Write } from "../ports.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

/*
 * For tests, a process to be killed: opens the database of the first argument. With the second argument "write" it commits without end, fifty writers each on a run of its own, every batch a
 * journal record, the run's head and a small record of the same number, and prints `<run> <number>` for what was acknowledged. Otherwise it says "open" and waits.
 */

const WRITERS = 50;

const [path = "", mode] = process.argv.slice(2);
const store = await openSqliteStore({ path, programVersion: "0.0.0" });
if (mode === "write") {
  await Promise.all(Array.from({ length: WRITERS }, (_, index) => write(index + 1)));
} else {
  process.stdout.write("open\n");
  setInterval(() => undefined, 1000);
}

async function write(run: number): Promise<never> {
  const present = await store.runs.byKey(run);
  if (present === undefined) await store.commit([newRun(run)]);
  for (let seq = (present?.head ?? 0) + 1; ; seq++) {
    const data = `${run}/${seq}`;
    await store.commit([
      { op: "append", record: { run, seq, at: seq, data, crc: crc32(data), chain: data } },
      { op: "putRecord", row: { space: "acknowledged", key: String(run), value: String(seq) } },
      { op: "updateRun", run, changes: { head: seq } },
    ]);
    process.stdout.write(`${run} ${seq}\n`);
  }
}

function newRun(run: number): Write {
  const identity = { run, id: `run-${run}`, org: "acme", slug: `run-${run}`, workflowId: "w", instanceId: "i" };
  const state = { digest: "d", status: "running", createdAt: run, head: 0, active: true, version: 1 } as const;
  return { op: "putRun", row: { ...identity, ...state, labels: {}, data: new Uint8Array() } };
}
