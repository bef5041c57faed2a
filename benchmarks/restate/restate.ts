import { createRequire } from "node:module";
import path from "node:path";
import { background, type EngineUnderTest, requestBody, workloads } from "../engine-under-test.ts";
import { freePort, post, type StartedProcess, startProcess, until } from "../started-process.ts";

/** One partition for 24. Its limit of 1,000 invocations at a time is for each, so the one gets what all have as shipped: else only 1,000 runs sleep or listen at once. */
const LIMIT = { RESTATE_WORKER__INVOKER__CONCURRENT_INVOCATIONS_LIMIT: "24000" };
const TUNED = { RESTATE_DEFAULT_NUM_PARTITIONS: "1", RESTATE_DISABLE_PROMETHEUS: "true", ...LIMIT };
const here = createRequire(path.join(import.meta.dirname, "package.json"));

/** Restate's server and a process with the handlers; `tuned` for one node, or as shipped. Its log syncs each write (`rocksdb-disable-wal-fsync = false` is its default). */
export async function startRestate(data: string, echo: string, isTuned: boolean): Promise<EngineUnderTest> {
  const [ingress, admin, node, own] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const { version } = here("@restatedev/restate-server/package.json") as { version: string };
  const environment = {
    RESTATE_BASE_DIR: data,
    RESTATE_BIND_IP: "127.0.0.1",
    RESTATE_ADVERTISED_HOST: "127.0.0.1",
    RESTATE_LISTEN_MODE: "tcp",
    RESTATE_BIND_PORT: String(node),
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    ...{ RESTATE_DISABLE_TELEMETRY: "true", RESTATE_LOG_FILTER: "warn" },
    ...(isTuned ? TUNED : {}),
  };
  const start = async (): Promise<readonly [StartedProcess, StartedProcess]> => {
    const services = path.join(import.meta.dirname, "services.mjs");
    const code = await startProcess(process.execPath, [services, echo, String(own)]);
    await code.said(/handlers on port (\d+)/u);
    const server = await startProcess(binary(), ["--no-logo"], environment);
    return [server, code];
  };
  let processes = await start();
  await until(() => post(`http://127.0.0.1:${admin}/deployments`, { uri: `http://127.0.0.1:${own}` }));
  await until(() => post(`http://127.0.0.1:${ingress}/bench/pure10`, { n: 0 }));
  return {
    name: isTuned ? "restate tuned" : "restate as shipped",
    version: `restate-server ${version}`,
    address: `127.0.0.1:${ingress}`,
    echo,
    data,
    installed: [path.join(import.meta.dirname, "node_modules")],
    pids: () => processes.map(({ pid }) => pid),
    run: (workload) => ({ path: `/bench/${workload}`, body: requestBody(workloads[workload].input) }),
    start: (workload) => ({
      path: workload === "listen" ? "/listener/@@@@@@/run/send" : `/bench/${workload}/send`,
      body: requestBody(workload === "listen" ? {} : background[workload]),
    }),
    event: () => ({ path: "/listener/@@@@@@/go/send", body: requestBody({ at: "#############" }) }),
    kill: async () => void (await Promise.all(processes.map((one) => one.stop("SIGKILL")))),
    restart: async () => void (processes = await start()),
    stop: async () => void (await Promise.all(processes.map((one) => one.stop()))),
  };
}

function binary(): string {
  const from = createRequire(here.resolve("@restatedev/restate-server/package.json"));
  return from.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);
}
