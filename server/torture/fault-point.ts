import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ApiClient, Refusal } from "./api-client.ts";
import { EchoService } from "./echo-service.ts";
import { type Ending, ServerProcess } from "./server-process.ts";
import { Workload } from "./workload.ts";

/*
 * Faults at system calls, without a switch in the code: strace makes the n-th call of a kind fail, or kills the server there. Writes to files are `pwrite64`, flushes `fsync`; `write` and
 * `writev` carry requests of activities (dispatch) and answers (acknowledgements), `connect` opens the way to a service; `mkdir`,
 * `link`, `unlink` and `rename` give files their names.
 */

/** What happens at the n-th call. `disk-full` is there from the n-th call on, as on a real disk. */
export type FaultKind = "kill" | "error" | "disk-full";

/** One fault. */
export interface FaultPoint {
  readonly calls: string;
  readonly fault: FaultKind;
}

/** Every kind of fault that is swept over. */
export const faultPoints: readonly FaultPoint[] = [
  { calls: "pwrite64", fault: "kill" },
  { calls: "fsync,fdatasync", fault: "kill" },
  { calls: "ftruncate", fault: "kill" },
  { calls: "write,writev", fault: "kill" },
  { calls: "connect", fault: "kill" },
  { calls: "mkdir,link,unlink,rename", fault: "kill" },
  { calls: "pwrite64", fault: "error" },
  { calls: "fsync,fdatasync", fault: "error" },
  { calls: "mkdir,link,unlink,rename", fault: "error" },
  { calls: "pwrite64", fault: "disk-full" },
];

/** What one fault came to. */
export interface FaultOutcome {
  readonly at: number;
  /** Whether the fault happened: a sweep may go past the last call. */
  readonly hit: boolean;
  /** How the faulty process ended, or that it went on. */
  readonly ending: "never started" | "killed" | "failed" | "went on";
  /** Requests that were refused, by code. */
  readonly refusals: { readonly [code: string]: number };
  readonly acks: number;
  readonly wrong: readonly string[];
}

const injections: { readonly [Fault in FaultKind]: (at: number) => string } = {
  kill: (at) => `signal=SIGKILL:when=${at}`,
  error: (at) => `error=EIO:when=${at}`,
  "disk-full": (at) => `error=ENOSPC:when=${at}+`,
};

const CLEAR = ["unavailable", "resource_exhausted"];
/** How long the script waits for its runs: on a full disk they wait for room, which is right. */
const SCRIPT_END_MS = 3_000;
/** How long a server that no longer answers may take to end. */
const END_MS = 20_000;

/** How many calls of each kind the script makes when nothing fails: what a sweep goes over. */
export async function countCalls(): Promise<ReadonlyMap<string, number>> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-count-"));
  try {
    const counts = path.join(folder, "counts");
    const names = [...new Set(faultPoints.flatMap(({ calls }) => calls.split(",")))];
    const trace = ["strace", "-D", "-f", "--seccomp-bpf", "-c", "-o", counts, "-e", `trace=${names.join(",")}`];
    const echo = await EchoService.start();
    const { server, address } = await ServerProcess.start({ data: path.join(folder, "data"), under: trace });
    const client = new ApiClient(address);
    await script(new Workload(echo), client, []);
    client.close();
    await server.end("SIGTERM");
    await echo.close();
    const found = new Map<string, number>();
    for (const line of readFileSync(counts, "utf8").split("\n")) {
      const fields = line.trim().split(/\s+/u);
      const name = fields.at(-1) ?? "";
      if (names.includes(name)) found.set(name, Number(fields[3]));
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the script on a new database with one fault, then starts a healthy server on what is left and checks every promise. */
export async function tryFault({ calls, fault }: FaultPoint, at: number): Promise<FaultOutcome> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-fault-"));
  const data = path.join(folder, "data");
  const echo = await EchoService.start();
  const workload = new Workload(echo);
  const refused: Refusal[] = [];
  const wrong: string[] = [];
  try {
    const told = path.join(folder, "calls");
    const inject = `inject=${calls}:${injections[fault](at)}`;
    // Filtering in the kernel is faster, but strace 6.1 then sends no signals.
    const filter = fault === "kill" ? [] : ["--seccomp-bpf"];
    const trace = ["strace", "-D", "-f", ...filter, "-qq", "-o", told, "-e", `trace=${calls}`, "-e", inject];
    const server = new ServerProcess({ data, under: trace });
    const address = await server.ready;
    if (address !== undefined) {
      const client = new ApiClient(address);
      await script(workload, client, refused).catch(() => undefined);
      if (fault === "disk-full") wrong.push(...(await fullDiskProblems(workload, client, refused)));
      wrong.push(...(await healthProblems(client, server)));
      client.close();
    }
    const isOver = await Promise.race([server.ended.then(() => true), within(250)]);
    const end = isOver ? await server.ended : await server.end("SIGTERM");
    const ending = endingOf(address, isOver, end);
    wrong.push(...unclear(fault, ending, end, refused, server.log));
    wrong.push(...(await checkAfter(data, workload)));
    const refusals: Record<string, number> = {};
    for (const { code } of refused) refusals[code] = (refusals[code] ?? 0) + 1;
    const hit = ending === "killed" || readFileSync(told, "latin1").includes("(INJECTED)");
    return { at, hit, ending, refusals, acks: workload.acks, wrong };
  } finally {
    await echo.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A healthy server on the same files: it starts, knows all that was acknowledged, and everything ends well. */
async function checkAfter(data: string, workload: Workload): Promise<readonly string[]> {
  const server = new ServerProcess({ data });
  const address = await server.ready;
  if (address === undefined) return [`the server does not come back: ${server.log}`];
  const client = new ApiClient(address);
  try {
    await workload.define(client);
    return [...(await workload.lost(client)), ...(await workload.settle(client))];
  } catch (error) {
    return [`after the fault: ${(error as Error).message}`];
  } finally {
    client.close();
    await server.end("SIGTERM");
  }
}

/** The requests that are swept over: two orders with their events, and a sum. Refusals are noted and do not end it. */
async function script(workload: Workload, client: ApiClient, refused: Refusal[]): Promise<void> {
  const attempt = async (request: () => Promise<unknown>): Promise<void> => {
    try {
      await request();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.push(error);
    }
  };
  await attempt(() => workload.define(client));
  if (!workload.isDefined) return;
  for (const kind of ["order", "sum", "order"] as const) {
    await attempt(() => workload.start(client, kind));
    await attempt(() => workload.pay(client));
  }
  // Effects come after the acknowledgement: the faults among them are to happen too.
  if (refused.length === 0) await attempt(() => workload.settle(client, SCRIPT_END_MS));
}

/** On a full disk a write is refused as such, for as long as it is full. */
async function fullDiskProblems(workload: Workload, client: ApiClient, refused: Refusal[]): Promise<readonly string[]> {
  try {
    await (workload.isDefined ? workload.start(client, "sum") : workload.define(client));
    return ["a write is acknowledged on a full disk"];
  } catch (error) {
    if (!(error instanceof Refusal)) return [];
    refused.push(error);
    return error.code === "resource_exhausted" ? [] : [`a full disk is told as ${error.message}`];
  }
}

/** While the process lives it answers health checks. */
async function healthProblems(client: ApiClient, server: ServerProcess): Promise<readonly string[]> {
  try {
    const status = await client.status("/livez");
    return status === 200 ? [] : [`/livez answers ${status}`];
  } catch {
    const over = await Promise.race([server.ended.then(() => true), within(END_MS)]);
    return over ? [] : ["a living server does not answer /livez"];
  }
}

const within = (ms: number): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), ms));

function endingOf(address: string | undefined, isOver: boolean, { signal }: Ending): FaultOutcome["ending"] {
  if (signal === "SIGKILL") return "killed";
  if (address === undefined) return "never started";
  return isOver ? "failed" : "went on";
}

/** What was not said as it should be. */
function unclear(
  fault: FaultKind,
  ending: FaultOutcome["ending"],
  { status }: Ending,
  refused: readonly Refusal[],
  log: string,
): readonly string[] {
  const wrong = refused.filter(({ code }) => !CLEAR.includes(code)).map(({ message }) => `refused with ${message}`);
  if (fault === "kill") return wrong;
  if (ending === "killed") wrong.push("an error killed the server");
  if (ending === "never started" && (status !== 1 || !/error: Cannot /u.test(log)))
    wrong.push(`it did not start, with status ${String(status)} and no clear reason: ${log}`);
  if (ending === "failed" && (status !== 1 || !/error: Cannot commit: .*started again/u.test(log)))
    wrong.push(`it failed with status ${String(status)} and no clear reason: ${log}`);
  if (/\n\s+at /u.test(log)) wrong.push(`it printed a stack trace: ${log}`);
  return wrong;
}
