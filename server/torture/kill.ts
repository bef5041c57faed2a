import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../simulation/random.ts";
import { ApiClient, Refusal } from "./api-client.ts";
import { EchoService } from "./echo-service.ts";
import { Ledgers } from "./ledgers.ts";
import { Registers } from "./registers.ts";
import { ServerProcess } from "./server-process.ts";
import { Workload } from "./workload.ts";

/** What killing came to. */
export interface KillReport {
  readonly kills: number;
  /** Writes that were acknowledged, each on its own; a publication of many events has a result for each. */
  readonly acks: number;
  /** Requests that were answered with success. */
  readonly answers: number;
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
  /** Callers of each kind: of runs with effects, of registers, of ledgers. */
  readonly callers: readonly [runs: number, registers: number, ledgers: number];
  /** Ends early, with what was done by then. */
  readonly isTimeOver?: () => boolean;
  readonly told?: (line: string) => void;
}

/** Kills on one database, before everything on it is brought to its end and the next begins: what is checked at the end stays within memory. */
const KILLS_A_DATABASE = 40;

/** Kills the server with SIGKILL at moments of chance, under load or while it starts, and checks after each start that what it acknowledged is there, in the end that all of it came out right. */
export async function killServers(options: KillOptions): Promise<KillReport> {
  const { kills, seed, isTimeOver = () => false, told } = options;
  const random = new Random(seed);
  const echo = await EchoService.start();
  const wrong: string[] = [];
  const sum = { kills: 0, acks: 0, answers: 0, runs: 0 };
  try {
    while (sum.kills < kills && !isTimeOver()) {
      const lap = new Lap(echo, random, options);
      sum.kills += await lap.kill(Math.min(KILLS_A_DATABASE, kills - sum.kills));
      sum.acks += lap.acks;
      sum.answers += lap.answers;
      sum.runs += lap.runs;
      wrong.push(...lap.wrong);
      echo.forget();
      told?.([`so far ${JSON.stringify(sum)}, ${wrong.length} wrong`, ...lap.wrong.slice(0, 3)].join("\n  "));
    }
  } finally {
    await echo.close();
  }
  return { ...sum, wrong };
}

/** The kills on one database. */
class Lap {
  readonly #random: Random;
  readonly #options: KillOptions;
  readonly #workload: Workload;
  readonly #registers = new Registers();
  readonly #ledgers = new Ledgers();
  readonly wrong: string[] = [];

  constructor(echo: EchoService, random: Random, options: KillOptions) {
    this.#random = random;
    this.#options = options;
    this.#workload = new Workload(echo);
  }

  get acks(): number {
    return this.#workload.acks + this.#registers.acks + this.#ledgers.acks;
  }

  get answers(): number {
    return this.#workload.acks + this.#registers.acks + this.#ledgers.answers;
  }

  get runs(): number {
    return this.#workload.size + this.#ledgers.size;
  }

  /** Kills so often, or until the time is over, and brings everything to its end; gives how often. */
  async kill(kills: number): Promise<number> {
    const { isTimeOver = () => false } = this.#options;
    let kill = 0;
    const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-kill-"));
    const data = path.join(folder, "data");
    try {
      for (; kill < kills && !(kill > 0 && isTimeOver()); kill++) {
        const server = new ServerProcess({ data });
        if (kill > 0 && this.#random.chance(0.1)) {
          await delay(this.#random.next() * 400);
          await server.end("SIGKILL");
          continue;
        }
        const client = await this.#connected(server);
        await telling(server, async () => {
          if (kill === 0) await this.#define(client);
          await this.#find(client);
          await this.#loadAndKill(server, client);
        });
        client.close();
      }
      const server = new ServerProcess({ data });
      const client = await this.#connected(server);
      await telling(server, async () => {
        await this.#find(client);
        this.wrong.push(...(await this.#workload.settle(client)), ...(await this.#ledgers.settle(client)));
      });
      client.close();
      const { status } = await server.end("SIGTERM");
      if (status !== 0) this.wrong.push(`SIGTERM ended the server with ${String(status)}: ${server.log}`);
      return kill;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #connected(server: ServerProcess): Promise<ApiClient> {
    const address = await server.ready;
    if (address === undefined) throw new Error(`The server does not start after a kill:\n${server.log}`);
    const [runs, registers, ledgers] = this.#options.callers;
    return new ApiClient(address, runs + registers + ledgers);
  }

  async #define(client: ApiClient): Promise<void> {
    const [, registers] = this.#options.callers;
    await this.#workload.define(client);
    await this.#registers.define(client, registers);
    await this.#ledgers.define(client);
  }

  /** What was acknowledged before the kill must be there. */
  async #find(client: ApiClient): Promise<void> {
    for (const book of [this.#workload, this.#registers, this.#ledgers]) this.wrong.push(...(await book.lost(client)));
  }

  async #loadAndKill(server: ServerProcess, client: ApiClient): Promise<void> {
    const [runs, registers, ledgers] = this.#options.callers;
    const { answers } = this;
    const load = [
      ...Array.from({ length: runs }, () => untilBroken(() => this.#startOrPay(client))),
      ...Array.from({ length: registers }, () => untilBroken(() => this.#registers.write(client))),
      ...Array.from({ length: ledgers }, () => untilBroken(() => this.#ledgers.write(client))),
    ];
    // From the first answer on: on a busy machine it takes its time, and what answers nothing cannot lose it.
    while (this.answers === answers && server.child.exitCode === null) await delay(5);
    await delay(this.#random.next() * this.#options.loadMs);
    await server.end("SIGKILL");
    const refused = (await Promise.all(load)).filter((text) => text !== undefined);
    this.wrong.push(...refused.map((text) => `${text}; the server's log: ${server.log}`));
  }

  async #startOrPay(client: ApiClient): Promise<void> {
    const draw = this.#random.next();
    if (draw < 0.25 && (await this.#workload.pay(client))) return;
    await this.#workload.start(client, draw < 0.5 ? "order" : "sum");
  }
}

/** Does what must not fail; an error comes with the log of the server. */
async function telling(server: ServerProcess, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Error(`${(error as Error).message}; the server's log: ${server.log}`, { cause: error });
  }
}

/** Asks for one thing after the other until the connection breaks. A refusal is no loss, but under this load there must be none. */
async function untilBroken(request: () => Promise<void>): Promise<string | undefined> {
  for (;;) {
    try {
      await request();
    } catch (error) {
      return error instanceof Refusal ? error.message : undefined;
    }
  }
}
