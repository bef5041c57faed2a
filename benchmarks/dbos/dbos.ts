import { readFileSync } from "node:fs";
import path from "node:path";
import { background, type EngineUnderTest, requestBody, workloads } from "../engine-under-test.ts";
import { childrenOf, freePort, killIfThere, type StartedProcess, startProcess } from "../started-process.ts";
import { makeCluster, POSTGRES, startPostgres } from "./postgres.ts";

const PACKAGES = path.join(import.meta.dirname, "node_modules");

/** DBOS with a PostgreSQL of its own: a database, and a process with the workflows. */
export async function startDbos(data: string, echo: string): Promise<EngineUnderTest> {
  const [own, database] = [await freePort(), await freePort()];
  const manifest = readFileSync(path.join(PACKAGES, "@dbos-inc/dbos-sdk/package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const url = `postgresql://bench@127.0.0.1:${database}/bench`;
  const start = async (): Promise<readonly [StartedProcess, StartedProcess]> => {
    const postgres = await startPostgres(data, database);
    const services = path.join(import.meta.dirname, "services.mjs");
    const code = await startProcess(process.execPath, [services, echo, url, String(own)]);
    await code.said(/workflows on port (\d+)/u);
    return [postgres, code];
  };
  makeCluster(data);
  let processes = await start();
  return {
    name: "dbos",
    version: `@dbos-inc/dbos-sdk ${version}, PostgreSQL 15`,
    address: `127.0.0.1:${own}`,
    echo,
    data,
    installed: [PACKAGES, POSTGRES],
    pids: () => processes.flatMap(({ pid }) => [pid, ...childrenOf(pid)]),
    run: (workload) => ({ path: `/run/${workload}`, body: requestBody(workloads[workload].input) }),
    start: (workload) => ({
      path: `/start/${workload}${workload === "listen" ? "/@@@@@@" : ""}`,
      body: requestBody(workload === "listen" ? {} : background[workload]),
    }),
    event: () => ({ path: "/event/@@@@@@", body: requestBody({ at: "#############" }) }),
    async kill() {
      const children = processes.flatMap(({ pid }) => childrenOf(pid));
      await Promise.all(processes.map((one) => one.stop("SIGKILL")));
      for (const child of children) killIfThere(child);
    },
    restart: async () => void (processes = await start()),
    stop: async () => void (await Promise.all(processes.toReversed().map((one) => one.stop("SIGINT")))),
  };
}
