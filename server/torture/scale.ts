import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ApiClient } from "./api-client.ts";
import { EchoService } from "./echo-service.ts";
import { openDatabase } from "./opened-database.ts";
import { ServerProcess } from "./server-process.ts";
import { type Execution, executions, OPEN, Workload } from "./workload.ts";

/* What many waiting runs and many timers cost a real process. Figures to read, not to assert: they are the machine's as much as ours. */

/** Times in ms, memory in MB, disk in bytes. */
export interface WaitingReport {
  readonly waiting: number;
  readonly filledPerSecond: number;
  readonly diskBytes: number;
  readonly diskBytesPerRun: number;
  /** From the start of the process to its being ready, after a stop in order and after kill -9. */
  readonly readyMs: number;
  readonly readyAfterKillMs: number;
  /** The same for a database without runs: what is the program's own. */
  readonly readyEmptyMs: number;
  readonly firstAckMs: number;
  readonly rssMb: number;
  readonly rssEmptyMb: number;
  /** Runs that come due within ten seconds while all the others wait. */
  readonly alarms: Omit<TimerReport, "wrong">;
  readonly wrong: readonly string[];
}

/** Runs that come due beside those that wait. */
const ALARMS = 10_000;

/** A day, in the form of the language. */
const LONG = "PT24H";

/** Fills a database with runs that wait for a day, and starts the real server on it. */
export async function measureWaiting(runs: number, told: (line: string) => void): Promise<WaitingReport> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-waiting-"));
  const data = path.join(folder, "data");
  const database = path.join(data, "stigmer.db");
  const echo = await EchoService.start();
  const workload = new Workload(echo);
  try {
    const first = await timedStart(data);
    await workload.define(first.client, ["nap"]);
    await workload.start(first.client, "nap", { sleep: LONG });
    // Looked for now, while it is not behind all the others.
    const lostFirst = await workload.lost(first.client);
    first.client.close();
    await first.server.end("SIGTERM");
    const empty = await timedStart(data);
    const rssEmptyMb = rssMb(empty.server.pid);
    empty.client.close();
    await empty.server.end("SIGTERM");
    const bytesBefore = statSync(database).size;
    const filledPerSecond = await fill(database, runs);
    told(`filled with ${runs} at ${filledPerSecond}/s`);
    const diskBytes = statSync(database).size;
    const diskBytesPerRun = Math.round((diskBytes - bytesBefore) / runs);
    const stopped = await timedStart(data);
    await workload.start(stopped.client, "nap", { sleep: LONG });
    stopped.client.close();
    await stopped.server.end("SIGKILL");
    const killed = await timedStart(data);
    const begin = performance.now();
    await workload.start(killed.client, "nap", { sleep: LONG });
    const firstAckMs = Math.round(performance.now() - begin);
    await delay(2_000);
    const lost = await workload.lost(killed.client);
    const waitingMb = rssMb(killed.server.pid);
    told(`ready again in ${killed.readyMs} ms, ${waitingMb} MB`);
    await workload.define(killed.client, ["alarm"]);
    const { wrong, ...alarms } = await alarmsDue(workload, killed.client, ALARMS, told);
    const report = {
      waiting: runs,
      filledPerSecond,
      diskBytes,
      diskBytesPerRun,
      readyMs: stopped.readyMs,
      readyAfterKillMs: killed.readyMs,
      readyEmptyMs: empty.readyMs,
      firstAckMs,
      rssMb: waitingMb,
      rssEmptyMb,
      alarms,
      wrong: [...lostFirst, ...lost, ...wrong],
    };
    killed.client.close();
    await killed.server.end("SIGTERM");
    return report;
  } finally {
    await echo.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timedStart(
  data: string,
): Promise<{ readonly server: ServerProcess; readonly client: ApiClient; readonly readyMs: number }> {
  const begin = performance.now();
  const { server, address } = await ServerProcess.start({ data });
  const client = new ApiClient(address, 256);
  while ((await client.status("/readyz")) !== 200) await delay(1);
  return { server, client, readyMs: Math.round(performance.now() - begin) };
}

/** Starts runs like the one that is there, by the engine itself: a million requests would measure the requests. */
async function fill(database: string, runs: number): Promise<number> {
  const { store, engine, close } = await openDatabase(database);
  const [like] = (await store.runs.list({ limit: 1 })).rows;
  if (like === undefined) throw new Error("assertion: one run was started before");
  const { org, workflowId, instanceId, digest, labels, data } = like;
  let next = 0;
  const begin = performance.now();
  const client = async (): Promise<void> => {
    while (next < runs) {
      const id = `${like.id}-${next++}`;
      const same = { org, workflowId, instanceId, digest, labels, data, env: {}, secrets: {} };
      await engine.start({ ...same, id, slug: id, input: { sleep: LONG } });
    }
  };
  await Promise.all(Array.from({ length: 500 }, client));
  const perSecond = Math.round(runs / ((performance.now() - begin) / 1_000));
  await close();
  return perSecond;
}

/** Resident memory of a process. */
export function rssMb(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 1_000);
}

/** Lateness in ms. */
export interface TimerReport {
  readonly timers: number;
  readonly startedPerSecond: number;
  readonly latenessMs: { readonly earliest: number; readonly p50: number; readonly p99: number; readonly last: number };
  /** Timers that fired early, twice or never. */
  readonly wrong: readonly string[];
}

/** Time within which all timers come due. */
const WINDOW_MS = 10_000;

/** Starts runs over the API that all come due within ten seconds, and sees when each did. */
export async function measureTimers(timers: number, told: (line: string) => void): Promise<TimerReport> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-timers-"));
  const echo = await EchoService.start();
  const workload = new Workload(echo);
  try {
    const { server, client } = await timedStart(path.join(folder, "data"));
    await workload.define(client, ["alarm"]);
    const { wrong, ...figures } = await alarmsDue(workload, client, timers, told);
    const unsettled = await workload.settle(client, 600_000);
    client.close();
    await server.end("SIGTERM");
    return { ...figures, wrong: [...wrong, ...unsettled] };
  } finally {
    await echo.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function alarmsDue(
  workload: Workload,
  client: ApiClient,
  timers: number,
  told: (line: string) => void,
): Promise<TimerReport> {
  // How fast runs can be started here decides how far ahead the first may be due.
  const sample = Math.min(500, Math.ceil(timers / 10));
  const rate = await startAlarms(workload, client, sample, () => Date.now() + 1_000);
  const firstDue = Math.round(Date.now() + 1.3 * (timers / rate) * 1_000 + 2_000);
  const startedPerSecond = await startAlarms(workload, client, timers - sample, (at) => firstDue + (at % WINDOW_MS));
  told(`started at ${startedPerSecond}/s, ${Math.round(firstDue - Date.now())} ms before the first is due`);
  while (Date.now() < firstDue + WINDOW_MS) await delay(100);
  const wrong: string[] = [];
  const lateness: number[] = [];
  // Those that measured the speed are older.
  for (const { spec, status } of await endedAlarms(client, timers - sample)) {
    // One fact started it, one ended it: a third would be a timer that fired twice.
    if (status.position !== "2") wrong.push(`${spec.idempotencyKey} has ${status.position ?? "no"} facts, not 2`);
    const late = Date.parse(status.completedAt ?? "") - (spec.input.due ?? Number.NaN);
    if (!(late >= 0)) wrong.push(`${spec.idempotencyKey} ended ${-late} ms early`);
    lateness.push(late);
  }
  lateness.sort((left, right) => left - right);
  const at = (share: number): number => lateness[Math.floor((lateness.length - 1) * share)] ?? Number.NaN;
  const latenessMs = { earliest: at(0), p50: at(0.5), p99: at(0.99), last: at(1) };
  return { timers, startedPerSecond, latenessMs, wrong };
}

/** The newest runs, once all of them have ended; as they are when that takes ten minutes. */
async function endedAlarms(client: ApiClient, count: number): Promise<readonly Execution[]> {
  for (const deadline = performance.now() + 600_000; performance.now() < deadline;) {
    // Of those that wait the alarms are the newest. To list them all again and again would hold up what is measured.
    const { value: open } = await executions(client, { phases: OPEN, pageSize: 1 }).next();
    if (open === undefined || (open as Execution).spec.input.due === undefined) break;
    await delay(500);
  }
  const newest: Execution[] = [];
  for await (const execution of executions(client)) if (newest.push(execution) === count) break;
  return newest;
}

async function startAlarms(
  workload: Workload,
  client: ApiClient,
  count: number,
  due: (at: number) => number,
): Promise<number> {
  let next = 0;
  const begin = performance.now();
  const starter = async (): Promise<void> => {
    while (next < count) await workload.start(client, "alarm", { due: due(next++) });
  };
  await Promise.all(Array.from({ length: 128 }, starter));
  return Math.max(1, Math.round(count / ((performance.now() - begin) / 1_000)));
}
