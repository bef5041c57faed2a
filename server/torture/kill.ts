import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../simulation/random.ts";
import { ApiClient } from "./api-client.ts";
import { EchoService } from "./echo-service.ts";
import { ServerProcess } from "./server-process.ts";
import { Workload } from "./workload.ts";

/** What killing came to. */
export interface KillReport {
  readonly kills: number;
  readonly acks: number;
  readonly runs: number;
  /** Everything that was not as promised. */
  readonly wrong: readonly string[];
}

/** How to kill. */
export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  /** The longest a process lives under load. */
  readonly loadMs: number;
  readonly clients: number;
  readonly told?: (line: string) => void;
}

/** Kills on one database, before everything on it is brought to its end and the next begins: what is checked at the end stays within memory. */
const KILLS_A_DATABASE = 50;

/** Kills the server with SIGKILL at moments of chance, under load or while it starts, and checks after each start that what it acknowledged is there, in the end that all of it came out right. */
export async function killServers({ kills, seed, loadMs, clients, told }: KillOptions): Promise<KillReport> {
  const random = new Random(seed);
  const echo = await EchoService.start();
  const wrong: string[] = [];
  let acks = 0;
  let runs = 0;
  try {
    for (let done = 0; done < kills; done += KILLS_A_DATABASE) {
      const lap = await killsOnOneDatabase(echo, random, Math.min(KILLS_A_DATABASE, kills - done), loadMs, clients);
      acks += lap.acks;
      runs += lap.runs;
      wrong.push(...lap.wrong);
      echo.forget();
      told?.(`${Math.min(kills, done + KILLS_A_DATABASE)} kills, ${acks} acks, ${runs} runs, ${wrong.length} wrong`);
    }
  } finally {
    await echo.close();
  }
  return { kills, acks, runs, wrong };
}

async function killsOnOneDatabase(
  echo: EchoService,
  random: Random,
  kills: number,
  loadMs: number,
  clients: number,
): Promise<Omit<KillReport, "kills">> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-kill-"));
  const data = path.join(folder, "data");
  const workload = new Workload(echo);
  const wrong: string[] = [];
  try {
    for (let kill = 0; kill <= kills; kill++) {
      const last = kill === kills;
      const server = new ServerProcess({ data });
      if (!last && kill > 0 && random.chance(0.1)) {
        await delay(random.next() * 400);
        await server.end("SIGKILL");
        continue;
      }
      const address = await server.ready;
      if (address === undefined) throw new Error(`The server does not start after kill ${kill}:\n${server.log}`);
      const client = new ApiClient(address, clients);
      if (kill === 0) await workload.define(client);
      wrong.push(...(await workload.lostStarts(client)));
      if (last) {
        wrong.push(...(await workload.settle(client)));
        const { status } = await server.end("SIGTERM");
        if (status !== 0) wrong.push(`SIGTERM ended the server with ${String(status)}: ${server.log}`);
      } else {
        const { acks } = workload;
        const load = Array.from({ length: clients }, () => loadUntilDead(workload, client, random));
        // From the first answer on: on a busy machine it takes its time, and what answers nothing cannot lose it.
        while (workload.acks === acks && server.child.exitCode === null) await delay(5);
        await delay(random.next() * loadMs);
        await server.end("SIGKILL");
        wrong.push(...(await Promise.all(load)).filter((text) => text !== undefined));
      }
      client.close();
    }
    return { acks: workload.acks, runs: workload.size, wrong };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Asks for one thing after the other until the connection breaks. A refusal is no loss, but under this load there must be none. */
async function loadUntilDead(workload: Workload, client: ApiClient, random: Random): Promise<string | undefined> {
  for (;;) {
    try {
      const draw = random.next();
      if (draw < 0.25 && (await workload.pay(client))) continue;
      await workload.start(client, draw < 0.5 ? "order" : "sum");
    } catch (error) {
      return (error as Error).name === "Refusal" ? (error as Error).message : undefined;
    }
  }
}
