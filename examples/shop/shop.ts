import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { openapi } from "./openapi.ts";

/** A fault or delay to show on demand: the next `times` requests to `path` (a prefix) get `status`, after `delayMs`. Status 0 only delays. */
export interface PlannedFault {
  readonly method?: string;
  readonly path: string;
  readonly status: number;
  readonly times: number;
  readonly delayMs?: number;
}

/** What the shop saw under one idempotency key: how often it was asked, and how often that had an effect. */
export interface Effect {
  readonly key: string;
  readonly request: string;
  readonly requests: number;
  readonly effects: number;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** A running shop: its base URL, and what a test asks about it. */
export interface Shop {
  readonly url: string;
  effects(): readonly Effect[];
  plan(fault: PlannedFault): void;
  close(): Promise<void>;
}

type Handler = (match: RegExpMatchArray, body: Record<string, unknown>) => Reply;

/**
 * A small shop to run workflows against: reservations, payments, shipments, invoices, prices and reports. It honours `Idempotency-Key` as a good service does (a repeated key gets the first
 * answer and has no second effect), counts requests and effects by key, and fails or delays on demand. Listens on loopback only; port 0 lets the system choose.
 */
export async function startShop(port = 0): Promise<Shop> {
  const seen = new Map<string, { request: string; requests: number; effects: number; reply?: Reply }>();
  const faults: { plan: PlannedFault; left: number }[] = [];
  const polls = new Map<string, number>();
  const counters = new Map<string, number>();

  const nextId = (prefix: string): string => {
    const count = (counters.get(prefix) ?? 0) + 1;
    counters.set(prefix, count);
    return `${prefix}-${count}`;
  };
  const created =
    (idName: string, prefix: string): Handler =>
    (_match, body) => ({ status: 201, body: { [idName]: nextId(prefix), ...body } });

  const routes: readonly (readonly [string, RegExp, Handler])[] = [
    ["POST", /^\/reservations$/u, created("reservationId", "res")],
    [
      "DELETE",
      /^\/reservations\/([\w-]+)$/u,
      (match) => ({ status: 200, body: { reservationId: match[1], released: true } }),
    ],
    ["POST", /^\/payments$/u, created("paymentId", "pay")],
    ["POST", /^\/refunds$/u, created("refundId", "ref")],
    ["POST", /^\/shipments$/u, created("shipmentId", "shp")],
    ["POST", /^\/invoices$/u, created("invoiceId", "inv")],
    ["PUT", /^\/prices\/([\w-]+)$/u, (match, body) => ({ status: 200, body: { sku: match[1], price: body["price"] } })],
    [
      "GET",
      /^\/prices\/([\w-]+)$/u,
      (match) => ({ status: 200, body: { sku: match[1], price: (match[1] as string).length } }),
    ],
    ["POST", /^\/reports$/u, created("reportId", "rep")],
    [
      "GET",
      /^\/reports\/([\w-]+)$/u,
      (match) => {
        const id = match[1] as string;
        const count = (polls.get(id) ?? 0) + 1;
        polls.set(id, count);
        if (count < 3) return { status: 200, body: { reportId: id, status: "running" } };
        return { status: 200, body: { reportId: id, status: "ready", rows: [{ amount: 12 }, { amount: 30 }] } };
      },
    ],
  ];

  function answer(method: string, path: string, body: Record<string, unknown>): Reply {
    for (const [wanted, pattern, handle] of routes) {
      const match = wanted === method ? path.match(pattern) : null;
      if (match) return handle(match, body);
    }
    return { status: 404, body: { title: "Not found", detail: `No ${method} ${path} in this shop` } };
  }

  function takeFault(method: string, path: string): PlannedFault | undefined {
    const fault = faults.find(
      (entry) => entry.left > 0 && path.startsWith(entry.plan.path) && (entry.plan.method ?? method) === method,
    );
    if (fault) fault.left -= 1;
    return fault?.plan;
  }

  function serve(method: string, path: string, key: string | undefined, body: Record<string, unknown>): Reply {
    if (method === "GET" || key === undefined) return answer(method, path, body);
    const entry = seen.get(key) ?? { request: `${method} ${path}`, requests: 0, effects: 0 };
    seen.set(key, entry);
    entry.requests += 1;
    if (entry.reply) return entry.reply;
    const reply = answer(method, path, body);
    if (reply.status < 400) {
      entry.effects += 1;
      entry.reply = reply;
    }
    return reply;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? "GET";
    const path = (request.url ?? "/").split("?")[0] as string;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    if (path === "/openapi.json") return send(response, { status: 200, body: openapi(origin(server)) });
    if (path === "/effects") return send(response, { status: 200, body: shop.effects() });
    let body: Record<string, unknown>;
    try {
      body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    } catch {
      return send(response, { status: 400, body: { title: "Bad request", detail: "The body is not JSON" } });
    }
    if (path === "/faults") {
      shop.plan(body as unknown as PlannedFault);
      return send(response, { status: 202, body });
    }
    const fault = takeFault(method, path);
    if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    if (fault && fault.status >= 400)
      return send(response, { status: fault.status, body: { title: "Fault on demand", status: fault.status } });
    return send(response, serve(method, path, request.headers["idempotency-key"] as string | undefined, body));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const shop: Shop = {
    get url() {
      return origin(server);
    },
    effects: () => [...seen].map(([key, { request, requests, effects }]) => ({ key, request, requests, effects })),
    plan: (fault) => {
      faults.push({ plan: fault, left: fault.times });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return shop;
}

function origin(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { "content-type": "application/json" });
  response.end(JSON.stringify(reply.body));
}
