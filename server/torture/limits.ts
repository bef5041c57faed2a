import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ApiClient, Refusal } from "./api-client.ts";
import { EchoService } from "./echo-service.ts";
import { type ServerOptions, ServerProcess } from "./server-process.ts";
import { Workload } from "./workload.ts";

/* What a process may run out of, and how it may be told to end. Each case gives what is not as it should be. */

interface Running {
  readonly data: string;
  readonly server: ServerProcess;
  readonly address: string;
  readonly workload: Workload;
  readonly client: ApiClient;
  readonly echo: EchoService;
}

/** A case by its name. */
export interface LimitCase {
  readonly name: string;
  readonly options?: Partial<ServerOptions>;
  run(running: Running): Promise<readonly string[]>;
}

/** Connections to open where only 80 descriptors are left to the process. */
const CONNECTIONS = 300;

/** Every case. */
export const limitCases: readonly LimitCase[] = [
  {
    name: "file descriptors run out",
    options: { under: ["prlimit", "--nofile=80:80", "--"] },
    async run({ address, server, workload, client }) {
      const [host, port] = address.split(":");
      const sockets: Socket[] = [];
      for (let at = 0; at < CONNECTIONS; at++) {
        const socket = connect({ host: host as string, port: Number(port) });
        socket.on("error", () => undefined);
        sockets.push(socket);
      }
      await delay(300);
      // Connections that were there go on, whatever new ones do.
      const wrong: string[] = [];
      await workload.start(client, "sum").catch((error: Error) => wrong.push(`an open connection: ${error.message}`));
      for (const socket of sockets) socket.destroy();
      client.close();
      if (server.child.exitCode !== null) return [...wrong, `it ended: ${server.log}`];
      // What was refused may come again once there is room; the server sees the others leave in its own time.
      for (let attempt = 1; ; attempt++) {
        const after = new ApiClient(address);
        try {
          await workload.start(after, "order");
          return wrong;
        } catch (error) {
          if (error instanceof Refusal || attempt === 100) return [...wrong, `afterwards: ${(error as Error).message}`];
          await delay(100);
        } finally {
          after.close();
        }
      }
    },
  },
  {
    name: "inputs larger than the memory",
    options: { node: ["--max-old-space-size=96"] },
    async run({ server, workload, client }) {
      const wrong: string[] = [];
      // Four megabytes is the largest request; a hundred of them at a time are more than the heap.
      const text = "x".repeat(3_500_000);
      const attempts = Array.from({ length: 60 }, () =>
        workload.start(client, "sum", { text }).catch((error: Error) => {
          if (!(error instanceof Refusal)) wrong.push(`the connection broke: ${error.message}`);
          else if (error.code !== "resource_exhausted" && error.code !== "unavailable") wrong.push(error.message);
        }),
      );
      await Promise.all(attempts);
      if (server.child.exitCode !== null || server.child.signalCode !== null) wrong.push(`it ended: ${server.log}`);
      return wrong;
    },
  },
  ...(["SIGTERM", "SIGINT", "SIGHUP"] as const).map((signal): LimitCase => ({
    name: `${signal} under load`,
    async run({ server, workload, client }) {
      const load = Array.from({ length: 16 }, async () => {
        for (;;) {
          try {
            if (!(await workload.pay(client))) await workload.start(client, "order");
          } catch (error) {
            return error instanceof Refusal && error.code !== "unavailable" ? [error.message] : [];
          }
        }
      });
      await delay(300);
      const { status, signal: by } = await server.end(signal);
      const wrong = (await Promise.all(load)).flat();
      return status === 0 ? wrong : [...wrong, `it ended with ${String(by ?? status)}: ${server.log}`];
    },
  })),
  {
    name: "nobody reads its output any more",
    options: { args: ["--log-level", "trace"] },
    async run({ data, server, workload, client }) {
      server.child.stdout?.destroy();
      server.child.stderr?.destroy();
      for (let at = 0; at < 5; at++) {
        await workload.start(client, "order");
        await workload.pay(client);
      }
      // It says that it stops, to nobody; that must not cut the stop short.
      const { status } = await server.end("SIGTERM");
      const wrong = status === 0 ? [] : [`SIGTERM ended it with ${String(status)}`];
      if (existsSync(path.join(data, "stigmer.db-wal"))) wrong.push("it ended without closing its database");
      return wrong;
    },
  },
];

/** Tries one, then sees that everything acknowledged comes to its end with the next server. */
export async function tryLimit({ options = {}, run }: LimitCase): Promise<readonly string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-limits-"));
  const data = path.join(folder, "data");
  const echo = await EchoService.start();
  const workload = new Workload(echo);
  try {
    const { server, address } = await ServerProcess.start({ data, ...options });
    const client = new ApiClient(address);
    await workload.define(client);
    const wrong = [...(await run({ data, server, address, workload, client, echo }))];
    client.close();
    await server.end("SIGTERM");
    const next = await ServerProcess.start({ data });
    const after = new ApiClient(next.address);
    wrong.push(...(await workload.lost(after)), ...(await workload.settle(after)));
    after.close();
    await next.server.end("SIGTERM");
    return wrong;
  } finally {
    await echo.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
