import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandLine, type ServerProcess, builtCommandLine } from "../tools/command-line.ts";
import { type Shop, startShop } from "./shop/shop.ts";

/* Every example, run as a user runs it: the built command line, a server process, the shop on loopback. */

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-examples-"));
const file = (name: string): string => path.join("examples", name, "workflow.yaml");
let line: CommandLine;
let shop: Shop;
let server: ServerProcess;

beforeAll(async () => {
  line = await builtCommandLine();
  shop = await startShop();
  server = await line.server(["--data", path.join(folder, "data"), "--allow-network", "127.0.0.1"]);
}, 60_000);

afterAll(async () => {
  await server?.end("SIGTERM");
  await shop?.close();
  rmSync(folder, { recursive: true, force: true });
});

const stigmer = (...args: string[]) => line.run(args, { env: { STIGMER_SERVER_ADDR: server.address } });

async function result(...args: string[]): Promise<unknown> {
  const { status, stdout, stderr } = await stigmer("run", ...args);
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as unknown;
}

describe("examples", () => {
  test("order-fulfilment retries an overloaded payment service and ships in parallel", async () => {
    shop.plan({ method: "POST", path: "/payments", status: 503, times: 2 });
    const output = await result(
      file("order-fulfilment"),
      "--input",
      "@examples/order-fulfilment/input.yaml",
      "--set",
      `shop=${shop.url}`,
    );
    expect(output).toEqual({
      order: "A-1001",
      payment: expect.stringMatching(/^pay-/u),
      shipment: expect.stringMatching(/^shp-/u),
      invoice: expect.stringMatching(/^inv-/u),
    });
  });

  test("order-fulfilment undoes what was done when shipping fails, and exits with 1", async () => {
    shop.plan({ method: "POST", path: "/shipments", status: 500, times: 1 });
    const { status, stdout, stderr } = await stigmer(
      "run",
      file("order-fulfilment"),
      "--input",
      "@examples/order-fulfilment/input.yaml",
      "--set",
      `shop=${shop.url}`,
      "--set",
      "order.id=A-1002",
    );
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("Order not fulfilled");
    const released = shop.effects().filter(({ request }) => request.startsWith("DELETE /reservations/"));
    const refunded = shop.effects().filter(({ request }) => request === "POST /refunds");
    expect([released.length, refunded.length]).toEqual([1, 1]);
  });

  test("wait-for-report polls until the report is ready", async () => {
    expect(await result(file("wait-for-report"), "--set", `shop=${shop.url}`)).toEqual({
      report: expect.stringMatching(/^rep-/u),
      polls: 3,
      rows: 2,
      total: 42,
    });
  });

  test("price-update changes 200 prices in four branches", async () => {
    expect(await result(file("price-update"), "--set", `shop=${shop.url}`)).toEqual({ updated: 200, branches: 4 });
    expect(shop.effects().filter(({ request }) => request.startsWith("PUT /prices/")).length).toBe(200);
  });

  test("expense-approval is decided by an event", async () => {
    const started = await stigmer(
      "run",
      file("expense-approval"),
      "--input",
      "@examples/expense-approval/input.yaml",
      "--no-wait",
    );
    const id = started.stdout.trim();
    expect(id).toMatch(/^wex-/u);
    await stigmer("send-event", "com.example.expense.decided", "--set", "expense=other", "--set", "approved=false");
    await stigmer(
      "send-event",
      "com.example.expense.decided",
      "--set",
      "expense=E-7",
      "--set",
      "approved=true",
      "--set",
      "by=ada",
    );
    const { stdout } = await stigmer("wait", id, "--quiet");
    expect(JSON.parse(stdout)).toEqual({ expense: "E-7", approved: true, by: "ada" });
  });

  test("expense-approval is refused when nobody decides in time", async () => {
    expect(
      await result(
        file("expense-approval"),
        "--input",
        "@examples/expense-approval/input.yaml",
        "--set",
        "patienceSeconds=0.2",
      ),
    ).toEqual({ expense: "E-7", approved: false, by: "timeout" });
  });

  test("sales-report turns a megabyte of sales into a report", async () => {
    const sales = Array.from({ length: 12_000 }, (_, index) => ({
      region: ["north", "south", "east", "west"][index % 4],
      sku: `sku-${index % 37}`,
      amount: (index % 90) + 0.5,
      quantity: (index % 3) + 1,
      note: "as sold over the counter",
    }));
    const input = path.join(folder, "sales.json");
    writeFileSync(input, JSON.stringify({ sales }));
    const output = (await result(file("sales-report"), "--input", `@${input}`)) as {
      total: number;
      orders: number;
      regions: { rank: number }[];
    };
    const total = sales.reduce((sum, sale) => sum + sale.amount * sale.quantity, 0);
    expect(output.orders).toBe(12_000);
    expect(output.total).toBeCloseTo(total, 2);
    expect(output.regions.map(({ rank }) => rank)).toEqual([1, 2, 3, 4]);
  });
});

describe("a saga that is killed in the middle", () => {
  test("ends in the right state with one effect for each idempotency key, twenty kills at random moments", async () => {
    const data = path.join(folder, "killed");
    const env = (address: string) => ({ env: { STIGMER_SERVER_ADDR: address } });
    const args = ["--data", data, "--allow-network", "127.0.0.1"];
    const own = await startShop();
    const ids: string[] = [];
    let random = 20_261_123;
    const chance = (): number => {
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      return random / 2_147_483_648;
    };
    try {
      for (let round = 0; round < 20; round += 1) {
        const victim = await line.server(args);
        const started = await line.run(
          [
            "run",
            file("order-saga"),
            "--no-wait",
            "--key",
            `saga-${round}`,
            "--set",
            `shop=${own.url}`,
            "--set",
            `order.id=S-${round}`,
            "--set",
            "order.sku=tea",
            "--set",
            "order.quantity=1",
            "--set",
            "order.amount=9",
            "--set",
            "pauseMs=60",
          ],
          env(victim.address),
        );
        expect(started.stderr).not.toContain("error");
        ids.push(started.stdout.trim());
        // A real moment of a real run: how far it got when the process dies is what this test varies.
        await new Promise((resolve) => setTimeout(resolve, chance() * 250));
        await victim.end("SIGKILL");
      }
      const survivor = await line.server(args);
      for (const [round, id] of ids.entries()) {
        const { status, stdout, stderr } = await line.run(
          ["wait", id, "--quiet", "--timeout", "30s"],
          env(survivor.address),
        );
        expect({ status, stderr: status === 0 ? "" : stderr, output: JSON.parse(stdout || "null") }).toEqual({
          status: 0,
          stderr: "",
          output: { order: `S-${round}`, result: "fulfilled" },
        });
      }
      await survivor.end("SIGTERM");
      const effects = own.effects();
      expect(effects.filter((effect) => effect.effects !== 1)).toEqual([]);
      expect(effects.length).toBe(20 * 4);
    } finally {
      await own.close();
    }
  }, 240_000);
});
