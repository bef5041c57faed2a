import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ApiClient } from "./api-client.ts";
import { EchoService } from "./echo-service.ts";
import { ServerProcess } from "./server-process.ts";
import { executions, Workload } from "./workload.ts";

/*
 * Jumps of the wall clock under a real server: libfaketime shows it a wall clock that a file sets off, while the monotonic clock stays true. A wait must end neither early nor late by the true
 * clock, also over a kill and a start with another wall clock.
 */

const LIBRARY = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"]
  .map((folder) => path.join(folder, "faketime/libfaketime.so.1"))
  .find((file) => existsSync(file));

/** Whether clocks can be faked here (Debian's package faketime). */
export const hasFakeTime = LIBRARY !== undefined;

/** What happens while runs sleep. */
export interface ClockCase {
  readonly name: string;
  /** Offsets of the wall clock in hours, one after the other, 200 ms apart. */
  readonly jumps: readonly number[];
  /** Kills the server and starts it again with each of these offsets. */
  readonly restarts?: readonly number[];
}

/** Jumps that must change nothing. */
export const clockCases: readonly ClockCase[] = [
  { name: "an hour ahead", jumps: [1] },
  { name: "two hours back", jumps: [-2] },
  { name: "ahead and back by a day, again and again", jumps: [24, -24, 24, -24, 0] },
  // A server that starts with a clock behind holds timers back until it starts with the right one: late, not lost.
  {
    name: "a day back, killed, started with the clock behind, killed, started with the right clock",
    jumps: [-24],
    restarts: [-24, 0],
  },
  { name: "an hour ahead, killed, started with the right clock", jumps: [1], restarts: [0] },
];

const SLEEPS_MS = [1_500, 2_000, 2_500];
/** Time a timer may be late before it counts as held back by the clock: far above any load, far below any jump. */
const LATE_MS_MAX = 60_000;

/** Starts sleeping runs, lets the clock jump, and gives what is not as it should be. */
export async function tryClock({ jumps, restarts = [] }: ClockCase): Promise<readonly string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-clock-"));
  const offsets = path.join(folder, "offset");
  const setClock = (hours: number): void => writeFileSync(offsets, `${hours < 0 ? "" : "+"}${hours}h\n`);
  const env = {
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: offsets,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
  const echo = await EchoService.start();
  const workload = new Workload(echo);
  const wrong: string[] = [];
  try {
    const data = path.join(folder, "data");
    setClock(0);
    let { server, address } = await ServerProcess.start({ data, env });
    let client = new ApiClient(address);
    await workload.define(client, ["nap"]);
    const started: number[] = [];
    for (const sleepMs of SLEEPS_MS) {
      started.push(performance.now());
      await workload.start(client, "nap", { sleep: `PT${sleepMs / 1_000}S` });
    }
    for (const hours of jumps) {
      setClock(hours);
      await delay(200);
    }
    for (const hours of restarts) {
      await server.end("SIGKILL");
      client.close();
      setClock(hours);
      ({ server, address } = await ServerProcess.start({ data, env }));
      client = new ApiClient(address);
    }
    const ended = new Map<string, number>();
    while (ended.size < SLEEPS_MS.length && performance.now() < (started[0] as number) + LATE_MS_MAX) {
      for await (const { spec, status } of executions(client)) {
        const done = status.runPhase === "RUN_PHASE_COMPLETED";
        if (done && !ended.has(spec.idempotencyKey)) ended.set(spec.idempotencyKey, performance.now());
      }
      await delay(10);
    }
    for (const [at, sleepMs] of SLEEPS_MS.entries()) {
      const key = `nap-${at}`;
      const end = ended.get(key);
      if (end === undefined) wrong.push(`${key} of ${sleepMs} ms has not ended after ${LATE_MS_MAX} ms`);
      else if (end < (started[at] as number) + sleepMs)
        wrong.push(`${key} of ${sleepMs} ms ended after ${Math.round(end - (started[at] as number))} ms`);
    }
    wrong.push(...(await workload.settle(client)));
    client.close();
    const { status } = await server.end("SIGTERM");
    if (status !== 0) wrong.push(`SIGTERM ended it with ${String(status)}: ${server.log}`);
  } finally {
    await echo.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return wrong;
}
