import path from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { createStigmerClient } from "@stigmer/api/client.ts";
import { WorkflowIdSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/io_pb.ts";

import { startTransport } from "./echo-transport.ts";
import { type EchoServer, framed, load, median, type Sample, startServer } from "./load.ts";

const PATH = "/ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get";
const SCRIPT = path.join(import.meta.dirname, "echo-servers.ts");
const IN_PROCESS_CALLS = 200_000;

const seconds = Number(process.argv[2] ?? 5);
const rounds = Number(process.argv[3] ?? 3);

const message = Buffer.from(
  toBinary(WorkflowIdSchema, create(WorkflowIdSchema, { value: "wfl-01kf0000000000000000000000" })),
);
const frame = framed(message);

const rows: readonly {
  readonly name: string;
  readonly server: string;
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
}[] = [
  { name: "grpc-js echo, gRPC", server: "grpc-js", path: PATH, contentType: "application/grpc", body: frame },
  { name: "stigmer, gRPC", server: "stigmer", path: PATH, contentType: "application/grpc", body: frame },
  { name: "stigmer, Connect proto", server: "stigmer", path: PATH, contentType: "application/proto", body: message },
  {
    name: "stigmer, Connect JSON",
    server: "stigmer",
    path: PATH,
    contentType: "application/json",
    body: Buffer.from(`{"value":"wfl-01kf0000000000000000000000"}`),
  },
  {
    name: "stigmer by way of connect-node, gRPC-Web",
    server: "stigmer",
    path: PATH,
    contentType: "application/grpc-web+proto",
    body: frame,
  },
];

async function inProcess(): Promise<number> {
  const { query } = createStigmerClient((await startTransport()).inProcess).workflow;
  const run = async (calls: number): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) await query.get({ value: "wfl-1" });
    return ((performance.now() - start) / calls) * 1000;
  };
  await run(IN_PROCESS_CALLS / 10);
  const micros = await run(IN_PROCESS_CALLS);
  return micros;
}

const servers = new Map<string, EchoServer>();
for (const { server } of rows) if (!servers.has(server)) servers.set(server, await startServer(SCRIPT, [server]));
const serverOf = (row: (typeof rows)[number]): EchoServer => servers.get(row.server) as EchoServer;

const samples = new Map<string, Sample[]>(rows.map((row) => [row.name, []]));
for (const row of rows) await load(serverOf(row), row, 1000);
for (let round = 0; round < rounds; round++) {
  for (const row of rows) samples.get(row.name)?.push(await load(serverOf(row), row, seconds * 1000));
}
for (const server of servers.values()) server.stop();

const medianOf = (name: string, figure: keyof Sample): number =>
  median((samples.get(name) ?? []).map((sample) => sample[figure]));

const base = rows[0]?.name ?? "";
console.log("| server | calls/s | of grpc-js | CPU of the server, µs a call | of grpc-js |");
console.log("| --- | --- | --- | --- | --- |");
for (const { name } of rows) {
  const [rate, cpu] = [medianOf(name, "perSecond"), medianOf(name, "cpuMicros")];
  const ofBase = [rate / medianOf(base, "perSecond"), cpu / medianOf(base, "cpuMicros")].map((ratio) =>
    ratio.toFixed(2),
  );
  console.log(`| ${name} | ${Math.round(rate)} | ${ofBase[0]} | ${cpu.toFixed(0)} | ${ofBase[1]} |`);
}
console.log(`| in-process call | | | ${(await inProcess()).toFixed(1)} | |`);
