import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Random } from "../simulation/random.ts";
import { ApiClient } from "./api-client.ts";
import { DiskModel } from "./disk-model.ts";
import { EchoService } from "./echo-service.ts";
import { type OpenedDatabase, openDatabase } from "./opened-database.ts";
import { ServerProcess } from "./server-process.ts";
import { type Operation, readTrace, traceInto } from "./syscall-trace.ts";
import { Workload } from "./workload.ts";

/*
 * Power loss. The real server is traced under load: every write, change of size and flush of its files, and every byte it sends, by any of its threads. Half way it is killed and started again,
 * for what a killed process had not flushed is still there to be read by the next, and only the power takes it. Any moment of the trace is then a moment at which the power may have gone; what
 * the disk holds is drawn (disk-model.ts), and the server's store and engine open it. What had been said to anybody by that moment must be there: the answers are in the same trace.
 */

/** What was recorded. */
export interface Recording {
  readonly directory: string;
  readonly base: ReadonlyMap<string, Buffer>;
  readonly operations: readonly Operation[];
}

/** What cutting the power came to. */
export interface PowerLossReport {
  readonly states: number;
  /** Promises that were checked, over all states. */
  readonly checkedAcks: number;
  /** States in which something was not yet synced. */
  readonly withUnsynced: number;
  readonly wrong: readonly string[];
}

/** Parts of a recording, each of a process that is killed in the end. */
const PROCESSES = 2;

/** Runs the server under load with a trace. `runs` is how many runs are started. */
export async function record(runs: number, seed: number): Promise<Recording> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-trace-"));
  const directory = path.join(folder, "data");
  const database = path.join(directory, "stigmer.db");
  const echo = await EchoService.start();
  const workload = new Workload(echo);
  try {
    const first = await ServerProcess.start({ data: directory });
    const definer = new ApiClient(first.address);
    await workload.define(definer);
    definer.close();
    await first.server.end("SIGTERM");
    const base = new Map([[database, readFileSync(database)]]);
    const random = new Random(seed);
    const operations: Operation[] = [];
    for (let part = 1; part <= PROCESSES; part++) {
      const trace = path.join(folder, `trace-${part}`);
      const { server, address } = await ServerProcess.start({ data: directory, under: traceInto(trace) });
      const client = new ApiClient(address);
      const lost = await workload.lost(client);
      if (lost.length > 0) throw new Error(`Cannot record: after a kill ${lost.join(", ")}`);
      await load(workload, client, (runs * part) / PROCESSES, random);
      await server.end("SIGKILL");
      client.close();
      for (const operation of await readTrace(trace)) operations.push(operation);
    }
    return { directory, base, operations };
  } finally {
    await echo.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const CLIENTS = 6;
/** Makes the log long enough for its content to move to the database, and its place to be written again, within a recording. */
const NOTE = "n".repeat(24_000);

async function load(workload: Workload, client: ApiClient, runs: number, random: Random): Promise<void> {
  const worker = async (): Promise<void> => {
    while (workload.size < runs) {
      if (random.chance(0.4) && (await workload.pay(client))) continue;
      await workload.start(client, random.chance(0.6) ? "order" : "sum", { note: random.chance(0.5) ? NOTE : "" });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, worker));
}

/** Cuts the power at `states` moments of chance, and checks what is found. */
export async function cutPower(
  { directory, base, operations }: Recording,
  states: number,
  seed: number,
  told?: (line: string) => void,
): Promise<PowerLossReport> {
  const random = new Random(seed);
  const moments = Array.from({ length: states }, () => random.between(0, operations.length)).toSorted((a, b) => a - b);
  const disk = new DiskModel(directory, base);
  const said = new Said();
  const wrong: string[] = [];
  let checkedAcks = 0;
  let withUnsynced = 0;
  let at = 0;
  // In memory where that is possible: what is opened there is not to survive anything.
  const scratch = mkdtempSync(path.join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "stigmer-torture-power-"));
  try {
    for (const [state, moment] of moments.entries()) {
      for (; at < moment; at++) {
        const operation = operations[at] as Operation;
        disk.apply(operation);
        if (operation.kind === "send") said.hear(operation.data);
      }
      if (disk.unsynced > 0) withUnsynced += 1;
      const found = disk.crashed(random);
      const folder = path.join(scratch, String(state));
      mkdirSync(folder);
      for (const [file, content] of found) writeFileSync(path.join(folder, path.basename(file)), content);
      const problems = await check(path.join(folder, "stigmer.db"), said);
      wrong.push(
        ...problems.map((problem) => `state ${state} (operation ${moment} of ${operations.length}): ${problem}`),
      );
      checkedAcks += said.size;
      rmSync(folder, { recursive: true, force: true });
      if ((state + 1) % 1_000 === 0) told?.(`${state + 1} states, ${checkedAcks} acks checked, ${wrong.length} wrong`);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return { states, checkedAcks, withUnsynced, wrong };
}

/** What the server has said to its callers, by key of the run. Anything it shows counts: what was read must be as durable as what was acknowledged. */
class Said {
  readonly started = new Set<string>();
  readonly paid = new Set<string>();

  get size(): number {
    return this.started.size + this.paid.size;
  }

  hear(data: Buffer): void {
    const text = data.toString("latin1");
    if (!text.startsWith("HTTP/1.1 200")) return;
    for (const [, key] of text.matchAll(/"idempotencyKey":\s*"([\w-]+)"/gu)) this.started.add(key as string);
    for (const [, key] of text.matchAll(/"eventId":\s*"paid-([\w-]+)"/gu)) this.paid.add(key as string);
  }
}

const END_MS = 10_000;

/** Opens a database as a server would, lets its runs go on, and gives what is not as it was said. */
async function check(database: string, said: Said): Promise<readonly string[]> {
  let opened: OpenedDatabase;
  try {
    opened = await openDatabase(database);
  } catch (error) {
    return [`it does not open: ${(error as Error).message}`];
  }
  const { store, engine } = opened;
  const wrong: string[] = [];
  try {
    wrong.push(...opened.damage.map(({ id, problem }) => `${id ?? "the file"}: ${problem}`));
    for (const key of said.started) {
      const row = await store.runs.byIdempotencyKey("torture", key);
      if (row === undefined) wrong.push(`the acknowledged start of ${key} is gone`);
      else if (key.startsWith("sum-") && row.status !== "completed") wrong.push(`${key} is ${row.status}`);
    }
    for (const key of said.paid) {
      const row = await store.runs.byIdempotencyKey("torture", key);
      if (row === undefined) continue;
      const facts = await engine.history(row.id, 1, 10);
      if (!facts.some(({ fact }) => fact["type"] === "eventDelivered"))
        wrong.push(`the acknowledged event of ${key} is gone`);
    }
    wrong.push(...(await goesOn(opened, said)));
    wrong.push(...opened.quarantined.map(({ run, reason }) => `run ${run} is quarantined: ${reason}`));
    wrong.push(...opened.complaints);
  } catch (error) {
    wrong.push((error as Error).message);
  } finally {
    await opened.close();
  }
  return wrong;
}

/** Every order whose event was acknowledged comes to its end. */
async function goesOn({ store }: OpenedDatabase, said: Said): Promise<readonly string[]> {
  const deadline = performance.now() + END_MS;
  const wrong: string[] = [];
  for (const key of said.paid) {
    for (;;) {
      const row = await store.runs.byIdempotencyKey("torture", key);
      if (row === undefined) break;
      if (row.status === "completed") {
        const { paid } = JSON.parse(row.output ?? "null") as { readonly paid?: number };
        if (`order-${paid}` !== key) wrong.push(`${key} ended with ${row.output}`);
        break;
      }
      if (row.endedAt !== undefined || performance.now() > deadline) {
        wrong.push(`${key} is ${row.status}${row.fault === undefined ? "" : `: ${row.fault}`}`);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  return wrong;
}
