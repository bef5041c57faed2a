import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What the service saw of one task of one run. */
export interface SeenCalls {
  readonly requests: number;
  /** Distinct idempotency keys: one, if the promise holds. */
  readonly keys: ReadonlySet<string>;
}

type SeenByTask = Map<string, { requests: number; readonly keys: Set<string> }>;

/** A service that outlives the servers that call it and counts what they ask: `POST /<run>/<task>`. */
export class EchoService {
  readonly url: string;
  readonly #server: Server;
  readonly #seen: SeenByTask;

  private constructor(server: Server, seen: SeenByTask) {
    this.#server = server;
    this.#seen = seen;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Starts it on loopback. */
  static async start(): Promise<EchoService> {
    const seen: SeenByTask = new Map();
    const server = createServer({ keepAlive: true }, (request, response) => {
      const task = (request.url ?? "").slice(1);
      const calls = seen.get(task) ?? { requests: 0, keys: new Set() };
      calls.requests += 1;
      calls.keys.add(String(request.headers["idempotency-key"]));
      seen.set(task, calls);
      request.resume();
      request.once("end", () => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ did: task }));
      });
    });
    // A connection that this end closes while it is idle would break a call, and the run with it: not what is tested here.
    server.keepAliveTimeout = 0;
    // A caller that was killed leaves its connection in pieces.
    server.on("clientError", (_error, socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new EchoService(server, seen);
  }

  /** What was asked for a task of a run; nothing yet is no requests. */
  seen(run: string, task: string): SeenCalls {
    return this.#seen.get(`${run}/${task}`) ?? { requests: 0, keys: new Set() };
  }

  /** Forgets what it saw. */
  forget(): void {
    this.#seen.clear();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
