import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { openSqliteStore } from "./open-sqlite-store.ts";

const ROUNDS = Number(process.env["STIGMER_KILL_ROUNDS"] ?? 20);

/** Lets a process commit, kills it at a moment of chance and tells the last number it acknowledged for each run. */
async function writeUntilKilled(path: string): Promise<Map<number, number>> {
  const script = join(import.meta.dirname, "torture-child.ts");
  const child = spawn(process.execPath, ["--conditions=source", "--import", "tsx", script, path, "write"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const first = new Promise<void>((resolve) => {
    void ended.then(resolve);
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      resolve();
    });
  });
  await first;
  await delay(Math.random() * 150);
  child.kill("SIGKILL");
  await ended;
  const acknowledged = new Map<number, number>();
  // What follows the last line break was cut off by the kill.
  for (const line of output.split("\n").slice(0, -1)) {
    const [run = 0, seq = 0] = line.split(" ").map(Number);
    acknowledged.set(run, seq);
  }
  return acknowledged;
}

test(
  `kill -9 while committing, ${ROUNDS} times: no acknowledged batch is lost, none is there in part`,
  { timeout: 30_000 + ROUNDS * 5000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "stigmer-kill-"));
    const path = join(directory, "stigmer.db");
    let total = 0;
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const acknowledged = await writeUntilKilled(path);
        expect(acknowledged.size).toBeGreaterThan(0);
        const store = await openSqliteStore({ path, programVersion: "0.0.0", mustExist: true });
        const values = new Map(
          (await store.records.list("acknowledged")).map(({ key, value }) => [Number(key), Number(value)]),
        );
        for (const [run, seq] of acknowledged)
          expect(values.get(run), `run ${run} of round ${round}`).toBeGreaterThanOrEqual(seq);
        for (const { run, head } of (await store.runs.list({ limit: 100 })).rows) {
          expect(values.get(run) ?? 0).toBe(head);
          total += round === ROUNDS - 1 ? head : 0;
        }
        // Journals without gap or damage, each ending where its run says.
        const { fileProblems, damage } = await store.verify({
          chainHolds: ({ data, chain }) => data === chain,
          snapshotHolds: () => true,
        });
        expect({ fileProblems, damage }).toEqual({ fileProblems: [], damage: [] });
        await store.close();
      }
      expect(total).toBeGreaterThan(ROUNDS);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
