import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { StigmerClient } from "@stigmer/api/client.ts";
import { metadataOf } from "../../server/pipeline/stored-resource.ts";
import { workflow } from "../../server/resources/testing/definitions.ts";
import { openResourceWorld } from "../../server/resources/testing/resource-world.ts";
import { openSqliteStore } from "../../server/store/sqlite/open-sqlite-store.ts";
import { median } from "../rpc/load.ts";
import { fill } from "./fill.ts";
import { getBesideEcho } from "./get-beside-echo.ts";

/*
 * The crud workload: what a request costs with 1,000, 10,000 and 100,000 workflows, and as many instances of one workflow, in the store; and a gRPC get beside an empty grpc-js server. Every
 * write is fsynced. All sizes are open at once and measured by turns in short windows, so that other load on the machine meets all alike; growth is the median of the ratios of the rounds.
 * Run: node --conditions=source --import tsx benchmarks/crud/crud.ts [sizes] [rounds]
 */
const sizes = (process.argv[2] ?? "1000,10000,100000").split(",").map(Number);
const rounds = Number(process.argv[3] ?? 9);
const WINDOW_MS = 400;
const CONCURRENCY = 16;

/** Microseconds of one request: as a caller waits for it, over all callers, and of the processor. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

type Operation = (index: number) => Promise<unknown>;

interface Sized {
  readonly size: number;
  readonly operations: ReadonlyMap<string, Operation>;
  close(): Promise<void>;
}

async function open(size: number): Promise<Sized> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-crud-"));
  const store = await openSqliteStore({ path: path.join(folder, "stigmer.db"), programVersion: "0.0.0-bench" });
  const world = await openResourceWorld({ store });
  const parent = await world.client.workflow.command.create(workflow("parent"));
  const ids = await fill(world.ports.environment, parent, size);
  return {
    size,
    operations: operationsOf(world.client, metadataOf(parent).id, ids),
    close: async () => {
      await world.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function operationsOf(client: StigmerClient, parentId: string, ids: readonly string[]): Map<string, Operation> {
  const pick = (index: number): number => (index * 7919) % ids.length;
  let made = 0;
  return new Map<string, Operation>([
    ["get", (index) => client.workflow.query.get({ value: ids[pick(index)] ?? "" })],
    ["getByReference", (index) => client.workflow.query.getByReference({ slug: `flow-${pick(index)}`, org: "local" })],
    ["list page of 50", () => client.workflow.service.list({ org: "local", pageSize: 50 })],
    [
      "getByWorkflow page of 50",
      () => client.workflowInstance.query.getByWorkflow({ workflowId: parentId, pageInfo: { num: 1, size: 50 } }),
    ],
    ["create", () => client.workflow.command.create(workflow(`made ${made++}`))],
  ]);
}

async function window(operation: Operation): Promise<Cost> {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + WINDOW_MS;
  let done = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < end) await operation(done++);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wall: ((performance.now() - start) * 1000) / done, cpu: (user + system) / done };
}

const all: Sized[] = [];
for (const size of sizes) all.push(await open(size));
const names = [...(all[0]?.operations.keys() ?? [])];
const costs = new Map<string, Cost[][]>(names.map((name) => [name, sizes.map(() => [])]));
for (const name of names) {
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { operations }] of all.entries()) {
      const cost = await window(operations.get(name) as Operation);
      // The first round warms up.
      if (round > 0) costs.get(name)?.[index]?.push(cost);
    }
  }
}
for (const sized of all) await sized.close();

console.log(`in process, ${CONCURRENCY} at a time, ${rounds} windows of ${WINDOW_MS} ms each, fsync on; us a request`);
const last = sizes.at(-1);
console.log(
  ["".padEnd(26), ...sizes.map((size) => `at ${size}`.padStart(10)), `growth to ${last}`, "growth of CPU"].join("  "),
);
for (const [name, bySize] of costs) {
  const growth = (figure: keyof Cost): string =>
    median(
      (bySize.at(-1) ?? []).map((cost, round) => cost[figure] / (bySize[0]?.[round]?.[figure] ?? Number.NaN)),
    ).toFixed(2);
  const cells = bySize.map((values) =>
    median(values.map(({ wall }) => wall))
      .toFixed(0)
      .padStart(10),
  );
  console.log([name.padEnd(26), ...cells, growth("wall").padStart(16), growth("cpu").padStart(13)].join("  "));
}
for (const line of await getBesideEcho(3, 5)) console.log(line);
