import { fork } from "node:child_process";
import { connect, type ClientHttp2Session } from "node:http2";
import path from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { createStigmerClient } from "@stigmer/api/client.ts";
import { WorkflowIdSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/io_pb.ts";

import { startTransport } from "./echo-transport.ts";

const PATH = "/ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get";
const CONNECTIONS = 4;
const STREAMS = 16;
const IN_PROCESS_CALLS = 200_000;

const seconds = Number(process.argv[2] ?? 5);
const rounds = Number(process.argv[3] ?? 3);

const message = Buffer.from(
  toBinary(WorkflowIdSchema, create(WorkflowIdSchema, { value: "wfl-01kf0000000000000000000000" })),
);
const head = Buffer.alloc(5);
head.writeUInt32BE(message.length, 1);
const framed = Buffer.concat([head, message]);

const rows: readonly {
  readonly name: string;
  readonly server: string;
  readonly contentType: string;
  readonly body: Buffer;
  readonly extra?: Record<string, string>;
}[] = [
  { name: "grpc-js echo, gRPC", server: "grpc-js", contentType: "application/grpc", body: framed },
  { name: "stigmer, gRPC", server: "stigmer", contentType: "application/grpc", body: framed },
  { name: "stigmer, Connect proto", server: "stigmer", contentType: "application/proto", body: message },
  {
    name: "stigmer, Connect JSON",
    server: "stigmer",
    contentType: "application/json",
    body: Buffer.from(`{"value":"wfl-01kf0000000000000000000000"}`),
  },
  {
    name: "stigmer by way of connect-node, gRPC-Web",
    server: "stigmer",
    contentType: "application/grpc-web+proto",
    body: framed,
  },
];

interface EchoServer {
  readonly port: number;
  cpuMicros(): Promise<number>;
  stop(): void;
}

async function startServer(kind: string): Promise<EchoServer> {
  const child = fork(path.join(import.meta.dirname, "echo-servers.ts"), [kind], { execArgv: process.execArgv });
  const answer = (): Promise<unknown> => new Promise((resolve) => child.once("message", resolve));
  const port = (await answer()) as number;
  return {
    port,
    cpuMicros: async () => {
      child.send("cpu");
      const { user, system } = (await answer()) as NodeJS.CpuUsage;
      return user + system;
    },
    stop: () => void child.kill(),
  };
}

interface Sample {
  readonly perSecond: number;
  /** Processor time of the server for one call. */
  readonly cpuMicros: number;
}

async function load(server: EchoServer, row: (typeof rows)[number], forMs: number): Promise<Sample> {
  const sessions = Array.from({ length: CONNECTIONS }, () => connect(`http://127.0.0.1:${server.port}`));
  const cpuBefore = await server.cpuMicros();
  const end = performance.now() + forMs;
  let done = 0;
  const client = async (session: ClientHttp2Session): Promise<void> => {
    while (performance.now() < end) {
      await call(session, row);
      done++;
    }
  };
  await Promise.all(sessions.flatMap((session) => Array.from({ length: STREAMS }, () => client(session))));
  const cpu = (await server.cpuMicros()) - cpuBefore;
  for (const session of sessions) session.destroy();
  return { perSecond: (done / forMs) * 1000, cpuMicros: cpu / done };
}

function call(session: ClientHttp2Session, row: (typeof rows)[number]): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": PATH,
      "content-type": row.contentType,
      te: "trailers",
    });
    let status: unknown;
    stream.on("response", (headers) => (status = headers["grpc-status"] ?? headers[":status"])).on("error", reject);
    stream.on("end", () => (status === 200 ? resolve() : reject(new Error(`${row.name}: status ${String(status)}`))));
    stream.resume();
    stream.end(row.body);
  });
}

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
for (const { server } of rows) if (!servers.has(server)) servers.set(server, await startServer(server));
const serverOf = (row: (typeof rows)[number]): EchoServer => servers.get(row.server) as EchoServer;

const samples = new Map<string, Sample[]>(rows.map((row) => [row.name, []]));
for (const row of rows) await load(serverOf(row), row, 1000);
for (let round = 0; round < rounds; round++) {
  for (const row of rows) samples.get(row.name)?.push(await load(serverOf(row), row, seconds * 1000));
}
for (const server of servers.values()) server.stop();

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
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
