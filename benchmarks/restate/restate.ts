import { createRequire } from "node:module";
import path from "node:path";
import { checkOutput, type EngineUnderTest, inputs, type Workload } from "../engine-under-test.ts";
import { freePort, startProcess } from "../started-process.ts";

const TUNED = { RESTATE_DEFAULT_NUM_PARTITIONS: "1", RESTATE_DISABLE_PROMETHEUS: "true" };

/** Restate's server and a process with the handlers; `tuned` for one node, or as shipped. Its log syncs each write (`rocksdb-disable-wal-fsync = false` is its default). */
export async function startRestate(data: string, echo: string, isTuned: boolean): Promise<EngineUnderTest> {
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  const services = await startProcess(process.execPath, [path.join(import.meta.dirname, "services.mjs"), echo]);
  const port = await services.said(/handlers on port (\d+)/u);
  const server = await startProcess(binary(), ["--no-logo"], {
    RESTATE_BASE_DIR: data,
    RESTATE_BIND_IP: "127.0.0.1",
    RESTATE_ADVERTISED_HOST: "127.0.0.1",
    RESTATE_LISTEN_MODE: "tcp",
    RESTATE_BIND_PORT: String(node),
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    RESTATE_DISABLE_TELEMETRY: "true",
    RESTATE_LOG_FILTER: "warn",
    ...(isTuned ? TUNED : {}),
  });
  await until(() => post(`http://127.0.0.1:${admin}/deployments`, { uri: `http://127.0.0.1:${port}` }));
  await until(() => post(`http://127.0.0.1:${ingress}/bench/pure10`, inputs.pure10));
  const bodies = Object.entries(inputs).map(([name, input]) => [name, Buffer.from(JSON.stringify(input))] as const);
  const requests = Object.fromEntries(bodies) as Record<Workload, Buffer>;
  return {
    name: isTuned ? "restate tuned" : "restate as shipped",
    address: `127.0.0.1:${ingress}`,
    pids: [server.pid, services.pid],
    async run(connection, workload) {
      const { status, body } = await connection.post(`/bench/${workload}`, "application/json", requests[workload]);
      if (status !== 200) throw new Error(`Restate answers ${status}: ${body.toString()}`);
      checkOutput(JSON.parse(body.toString()));
    },
    stop: async () => void (await Promise.all([server.stop(), services.stop()])),
  };
}

function binary(): string {
  const from = createRequire(createRequire(import.meta.url).resolve("@restatedev/restate-server/package.json"));
  return from.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);
}

async function post(url: string, body: object): Promise<boolean> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => undefined);
  return answer?.ok === true;
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("Restate is not ready after 60 s");
}
