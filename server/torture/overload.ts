import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { ApiClient, Refusal } from "./api-client.ts";
import { EchoService } from "./echo-service.ts";
import { rssMb } from "./scale.ts";
import { ServerProcess } from "./server-process.ts";
import { Workload } from "./workload.ts";

/* Overload: twice the callers that fill the server, watchers of which some never read, and health checks that must be answered all the while. */

/** What a while under load came to. */
interface LoadReport {
  readonly acksPerSecond: number;
  readonly refused: number;
  /** Health checks on a connection that is there. */
  readonly health: Waits;
  /** Health checks that connect first, as those of an orchestrator do. */
  readonly healthConnecting: Waits;
  /** First answers of callers that all connect at once: libuv takes one new connection in each turn of the event loop. */
  readonly firstAnswers: Waits;
  /** Delay of the event loop of this process, which is in the figures above. */
  readonly callerDelayP99Ms: number;
  readonly rssMb: number;
}

/** How long answers took, in ms. */
type Waits = {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
};

/** What overload came to. */
export interface OverloadReport {
  readonly watchers: number;
  readonly stalled: number;
  readonly once: LoadReport;
  readonly twice: LoadReport;
  /** Acknowledgements per second at twice the load, as a share of those at once. */
  readonly goodput: number;
  /** Watchers that read and saw the end of their run. */
  readonly sawTheEnd: number;
  readonly wrong: readonly string[];
}

/** How hard to load. */
export interface OverloadOptions {
  readonly seconds: number;
  readonly clients: number;
  readonly watchers: number;
  /** Steps of each watched run: enough of them overflow what the server holds for one watcher. */
  readonly steps: number;
}

const STALLED_SHARE = 0.01;
/** The first seconds of a server are slower than all others, and would make twice the load look good. */
const WARM_UP_SECONDS = 10;

/** Loads a server once and twice over. */
export async function overload({ seconds, clients, watchers, steps }: OverloadOptions): Promise<OverloadReport> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-overload-"));
  const echo = await EchoService.start();
  const workload = new Workload(echo);
  try {
    const { server, address } = await ServerProcess.start({ data: path.join(folder, "data") });
    const client = new ApiClient(address, clients);
    await workload.define(client, ["sum", "order", "chatter"]);
    const stalled = Math.max(1, Math.round(watchers * STALLED_SHARE));
    const watched: Watcher[] = [];
    // Half of the watched runs for each load, so that both have the same to do beside it.
    const watch = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at++)
        watched.push(new Watcher(address, await workload.start(client, "chatter", { steps }), at < stalled));
    };
    await load(workload, address, server.pid, WARM_UP_SECONDS, clients);
    await watch(0, watchers / 2);
    const once = await load(workload, address, server.pid, seconds, clients);
    await watch(watchers / 2, watchers);
    const twice = await load(workload, address, server.pid, seconds, 2 * clients);
    const wrong = [...(await workload.settle(client, 600_000))];
    const deadline = performance.now() + 60_000;
    const reading = watched.filter((watcher) => !watcher.stalls);
    while (reading.some((watcher) => !watcher.isOver) && performance.now() < deadline) await delay(50);
    for (const watcher of reading) wrong.push(...watcher.problems());
    for (const watcher of watched) watcher.close();
    client.close();
    const { status } = await server.end("SIGTERM");
    if (status !== 0) wrong.push(`SIGTERM ended it with ${String(status)}: ${server.log}`);
    const goodput = Math.round((100 * twice.acksPerSecond) / once.acksPerSecond) / 100;
    const sawTheEnd = reading.filter((watcher) => watcher.sawTheEnd).length;
    return { watchers, stalled, once, twice, goodput, sawTheEnd, wrong };
  } finally {
    await echo.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function load(
  workload: Workload,
  address: string,
  pid: number,
  seconds: number,
  clients: number,
): Promise<LoadReport> {
  const { acks } = workload;
  const health = new ApiClient(address, 1);
  await health.status("/livez");
  const client = new ApiClient(address, clients);
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  let refused = 0;
  const firstAnswers: number[] = [];
  const answers: number[] = [];
  const connecting: number[] = [];
  const caller = async (_: unknown, at: number): Promise<void> => {
    await client.status("/livez");
    firstAnswers.push(performance.now() - begin);
    while (performance.now() < end) {
      try {
        if (at % 4 === 0 && (await workload.pay(client))) continue;
        await workload.start(client, at % 2 === 0 ? "order" : "sum");
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused += 1;
        await delay(50);
      }
    }
  };
  const check = async (checker: ApiClient, into: number[]): Promise<void> => {
    const asked = performance.now();
    await checker.status("/livez");
    into.push(performance.now() - asked);
  };
  const checkAll = async (): Promise<void> => {
    while (performance.now() < end) {
      const newcomer = new ApiClient(address, 1);
      await Promise.all([check(health, answers), check(newcomer, connecting)]);
      newcomer.close();
      await delay(50);
    }
  };
  await Promise.all([...Array.from({ length: clients }, caller), checkAll()]);
  delays.disable();
  client.close();
  health.close();
  return {
    acksPerSecond: Math.round((workload.acks - acks) / ((performance.now() - begin) / 1_000)),
    refused,
    health: waitsOf(answers),
    healthConnecting: waitsOf(connecting),
    firstAnswers: waitsOf(firstAnswers),
    callerDelayP99Ms: Math.round(delays.percentile(99) / 1e6),
    rssMb: rssMb(pid),
  };
}

function waitsOf(times: readonly number[]): Waits {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** One stream of `watch` by hand, so that it can stop reading: a library would read for it. */
class Watcher {
  readonly stalls: boolean;
  readonly #socket: Socket;
  #text = "";
  isOver = false;

  constructor(address: string, executionId: string, stalls: boolean) {
    this.stalls = stalls;
    const [host, port] = address.split(":");
    this.#socket = connect({ host: host as string, port: Number(port) });
    const message = Buffer.from(JSON.stringify({ executionId }));
    const envelope = Buffer.alloc(5);
    envelope.writeUInt32BE(message.length, 1);
    const method = "/ai.stigmer.orchestration.v1.WorkflowExecutionService/watch";
    const length = envelope.length + message.length;
    const head = `POST ${method} HTTP/1.1\r\nhost: ${address}\r\ncontent-type: application/connect+json\r\ncontent-length: ${length}\r\n\r\n`;
    this.#socket.write(Buffer.concat([Buffer.from(head), envelope, message]));
    this.#socket.on("error", () => (this.isOver = true));
    this.#socket.on("close", () => (this.isOver = true));
    if (stalls) this.#socket.pause();
    else
      this.#socket.on("data", (chunk: Buffer) => {
        const text = chunk.toString("latin1");
        this.#text += text;
        // The end of a chunked answer comes in one piece, or late: then the connection's end tells it.
        if (text.endsWith("0\r\n\r\n")) this.isOver = true;
      });
  }

  get sawTheEnd(): boolean {
    return /"last":\s*true/u.test(this.#text);
  }

  /** Positions must rise without a repeat, up to the end of the run; or the server said why it stopped sending. */
  problems(): readonly string[] {
    const positions = [...this.#text.matchAll(/\{"position":"(\d+)","execution":/gu)].map(([, text]) => Number(text));
    const wrong = positions.some((position, at) => at > 0 && position <= (positions[at - 1] as number))
      ? [`a watcher saw positions ${positions.join(" ")}`]
      : [];
    if (!this.sawTheEnd && !this.#text.includes("resource_exhausted"))
      wrong.push(`a watcher saw neither the end of its run nor a reason: ${this.#text.slice(-300)}`);
    return wrong;
  }

  close(): void {
    this.#socket.destroy();
  }
}
