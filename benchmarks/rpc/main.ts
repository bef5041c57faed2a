import { fork } from "node:child_process";
import { connect, type ClientHttp2Session } from "node:http2";
import path from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { createStigmerClient } from "@stigmer/api/client.ts";
import { WorkflowIdSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/io_pb.ts";

import { startFixture } from "../../server/transport/transport-fixture.ts";

const PATH = "/ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get";
const CONNECTIONS = 4;
const STREAMS = 16;
const IN_PROCESS_CALLS = 200_000;

const seconds = Number(process.argv[2] ?? 5);
const rounds = Number(process.argv[3] ?? 3);

const message = Buffer.from(toBinary(WorkflowIdSchema, create(WorkflowIdSchema, { value: "wfl-01kf0000000000000000000000" })));
const head = Buffer.alloc(5);
head.writeUInt32BE(message.length, 1);
const framed = Buffer.concat([head, message]);

const rows: readonly { readonly name: string; readonly server: string; readonly contentType: string; readonly body: Buffer; readonly extra?: Record<string, string> }[] = [
  { name: "grpc-js echo, gRPC", server: "grpc-js", contentType: "application/grpc", body: framed },
  { name: "stigmer, gRPC", server: "stigmer", contentType: "application/grpc", body: framed },
  { name: "stigmer, Connect proto", server: "stigmer", contentType: "application/proto", body: message },
  { name: "stigmer, Connect JSON", server: "stigmer", contentType: "application/json", body: Buffer.from(`{"value":"wfl-01kf0000000000000000000000"}`) },
  { name: "stigmer by way of connect-node, gRPC-Web", server: "stigmer", contentType: "application/grpc-web+proto", body: framed },
];

async function startServer(kind: string): Promise<{ port: number; stop: () => void }> {
  const child = fork(path.join(import.meta.dirname, "echo-servers.ts"), [kind], { execArgv: process.execArgv, env: process.env });
  const port = await new Promise<number>((resolve) => child.once("message", (value) => resolve(value as number)));
  return { port, stop: () => child.kill() };
}

async function load(port: number, row: (typeof rows)[number], forMs: number): Promise<number> {
  const sessions = Array.from({ length: CONNECTIONS }, () => connect(`http://127.0.0.1:${port}`));
  const end = performance.now() + forMs;
  let done = 0;
  await Promise.all(
    sessions.flatMap((session) =>
      Array.from({ length: STREAMS }, async () => {
        while (performance.now() < end) {
          await call(session, row);
          done++;
        }
      }),
    ),
  );
  for (const session of sessions) session.destroy();
  return (done / forMs) * 1000;
}

function call(session: ClientHttp2Session, row: (typeof rows)[number]): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": "POST", ":path": PATH, "content-type": row.contentType, te: "trailers" });
    let status: unknown;
    stream.on("response", (headers) => (status = headers[":status"])).on("error", reject);
    stream.on("end", () => (status === 200 ? resolve() : reject(new Error(`${row.name}: status ${String(status)}`))));
    stream.resume();
    stream.end(row.body);
  });
}

async function inProcess(): Promise<number> {
  const fixture = await startFixture();
  const { query } = createStigmerClient(fixture.transport.inProcess).workflow;
  const run = async (calls: number): Promise<number> => {
    fixture.calls.length = 0;
    const start = performance.now();
    for (let i = 0; i < calls; i++) await query.get({ value: "wfl-1" });
    return ((performance.now() - start) / calls) * 1000;
  };
  await run(IN_PROCESS_CALLS / 10);
  const micros = await run(IN_PROCESS_CALLS);
  await fixture.close();
  return micros;
}

const servers = new Map(await Promise.all([...new Set(rows.map((row) => row.server))].map(async (kind) => [kind, await startServer(kind)] as const)));
const results = new Map<string, number[]>(rows.map((row) => [row.name, []]));
for (const row of rows) await load(servers.get(row.server)?.port ?? 0, row, 1000);
for (let round = 0; round < rounds; round++) {
  for (const row of rows) results.get(row.name)?.push(await load(servers.get(row.server)?.port ?? 0, row, seconds * 1000));
}
for (const server of servers.values()) server.stop();

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const base = median(results.get(rows[0]?.name ?? "") ?? []);
console.log("| server | requests/s, median (min, max) | of grpc-js |\n| --- | --- | --- |");
for (const [name, values] of results) {
  const rounded = [median(values), Math.min(...values), Math.max(...values)].map((value) => Math.round(value));
  console.log(`| ${name} | ${rounded[0]} (${rounded[1]}, ${rounded[2]}) | ${(median(values) / base).toFixed(2)} |`);
}
console.log(`| in-process call | ${(await inProcess()).toFixed(2)} µs each | |`);
