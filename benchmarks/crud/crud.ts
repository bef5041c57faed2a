import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { create } from "@bufbuild/protobuf";
import { createStigmerClient, type StigmerClient } from "@stigmer/api/client.ts";
import { WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowInstanceSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { createGrpcJsTransport } from "../../server/resources/testing/grpc-js-transport.ts";
import { helloDefinition, workflow } from "../../server/resources/testing/definitions.ts";
import { openResourceWorld } from "../../server/resources/testing/resource-world.ts";
import { openSqliteStore } from "../../server/store/sqlite/open-sqlite-store.ts";
import { workflowKind } from "../../server/resources/workflow/kind.ts";
import { workflowInstanceKind } from "../../server/resources/workflow-instance/kind.ts";
import { encodeRow, metadataOf } from "../../server/pipeline/stored-resource.ts";
import type { Write } from "../../server/store/ports.ts";

/*
 * The crud workload: what a request costs with 1,000, 10,000 and 100,000 workflows, and as many instances of one workflow, in the store; and a gRPC get beside an empty grpc-js echo
 * server with the same client and the same message. Every write is fsynced. Run: node --conditions=source --import tsx benchmarks/crud/crud.ts [sizes]
 */
const sizes = (process.argv[2] ?? "1000,10000,100000").split(",").map(Number);
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 2);
const CONCURRENCY = 16;

interface Row {
  readonly operation: string;
  readonly perSecond: readonly number[];
}

async function perSecond(work: (index: number) => Promise<unknown>): Promise<number> {
  await Promise.all(Array.from({ length: CONCURRENCY }, (_, index) => work(index)));
  const start = performance.now();
  const end = start + SECONDS * 1000;
  let done = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < end) await work(done++);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return (done / (performance.now() - start)) * 1000;
}

async function measure(size: number): Promise<Map<string, number>> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-crud-"));
  const store = await openSqliteStore({ path: path.join(folder, "stigmer.db"), programVersion: "0.0.0-bench" });
  const world = await openResourceWorld({ store });
  const { client } = world;
  const parent = await client.workflow.command.create(workflow("parent"));
  const ids = await fill(world.ports, parent, size);
  const { port } = await world.transport.listen("127.0.0.1", 0);
  const wire = createGrpcJsTransport(`127.0.0.1:${port}`);
  const results = new Map<string, number>();
  const pick = (index: number): number => (index * 7919) % size;
  const operations: [string, (client: StigmerClient) => (index: number) => Promise<unknown>][] = [
    ["get", (c) => (index) => c.workflow.query.get({ value: ids[pick(index)] ?? "" })],
    [
      "getByReference",
      (c) => (index) => c.workflow.query.getByReference({ slug: `flow-${pick(index)}`, org: "local" }),
    ],
    ["list page of 50", (c) => () => c.workflow.service.list({ org: "local", pageSize: 50 })],
    [
      "getByWorkflow page of 50",
      (c) => () =>
        c.workflowInstance.query.getByWorkflow({ workflowId: metadataOf(parent).id, pageInfo: { num: 1, size: 50 } }),
    ],
    [
      "create",
      (c) => (index) =>
        c.workflow.command.create(workflow(`made ${size} ${index} ${Math.random().toString(36).slice(2)}`)),
    ],
  ];
  for (const [name, operation] of operations) results.set(`${name}, in process`, await perSecond(operation(client)));
  const remote = createStigmerClient(wire);
  results.set(
    "get, gRPC with grpc-js",
    await perSecond((index) => remote.workflow.query.get({ value: ids[pick(index)] ?? "" })),
  );
  results.set("echo of the same message, empty grpc-js server", await echo(ids[0] ?? "", client));
  wire.close();
  await world.close();
  rmSync(folder, { recursive: true, force: true });
  return results;
}

/** Puts resources into the store without going through requests, which would take an hour. */
async function fill(
  { environment }: Awaited<ReturnType<typeof openResourceWorld>>["ports"],
  parent: Parameters<typeof metadataOf>[0],
  size: number,
): Promise<string[]> {
  const ids: string[] = [];
  let batch: Write[] = [];
  for (let index = 0; index < size; index += 1) {
    const createdAt = environment.nowMs();
    const times = { version: 1, createdAt, updatedAt: createdAt };
    const flow = create(WorkflowSchema, { ...workflow(`flow ${index}`, helloDefinition()) });
    Object.assign(metadataOf(flow), { id: `wfl-${environment.ulids.next()}`, slug: `flow-${index}` });
    const instance = create(WorkflowInstanceSchema, {
      apiVersion: flow.apiVersion,
      kind: "WorkflowInstance",
      spec: { workflowId: metadataOf(parent).id },
    });
    Object.assign(metadataOf(instance), {
      id: `win-${environment.ulids.next()}`,
      slug: `inst-${index}`,
      name: `inst ${index}`,
      org: "local",
      ownerScope: 2,
    });
    ids.push(metadataOf(flow).id);
    batch.push(
      { op: "putResource", row: encodeRow(workflowKind, flow, times), expect: "absent" },
      { op: "putResource", row: encodeRow(workflowInstanceKind, instance, times), expect: "absent" },
    );
    if (batch.length >= 2000 || index === size - 1) {
      await environment.store.commit(batch);
      batch = [];
    }
  }
  return ids;
}

/** What grpc-js alone can do: a server that answers a get with ready bytes. */
async function echo(id: string, client: StigmerClient): Promise<number> {
  const { toBinary } = await import("@bufbuild/protobuf");
  const bytes = Buffer.from(toBinary(WorkflowSchema, await client.workflow.query.get({ value: id })));
  const server = new Server();
  const same = (buffer: Buffer): Buffer => buffer;
  server.addService(
    {
      get: {
        path: "/ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get",
        requestStream: false,
        responseStream: false,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      },
    },
    { get: (_call: unknown, answer: (error: null, value: Buffer) => void) => answer(null, bytes) },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const wire = createGrpcJsTransport(`127.0.0.1:${port}`);
  const remote = createStigmerClient(wire);
  const result = await perSecond(() => remote.workflow.query.get({ value: id }));
  wire.close();
  server.forceShutdown();
  return result;
}

const columns: Map<string, number>[] = [];
for (const size of sizes) columns.push(await measure(size));
const rows: Row[] = [...(columns[0]?.keys() ?? [])].map((operation) => ({
  operation,
  perSecond: columns.map((column) => column.get(operation) ?? 0),
}));
console.log(`requests/s, ${CONCURRENCY} at a time, ${SECONDS} s each, fsync on, client in the same process`);
console.log(
  ["operation".padEnd(48), ...sizes.map((size) => String(size).padStart(9)), "cost of largest / smallest"].join(" "),
);
for (const { operation, perSecond: values } of rows) {
  const growth = (values[0] ?? 0) / (values.at(-1) ?? 1);
  console.log(
    [operation.padEnd(48), ...values.map((value) => value.toFixed(0).padStart(9)), growth.toFixed(2).padStart(9)].join(
      " ",
    ),
  );
}
