import { spawnSync } from "node:child_process";
import path from "node:path";
import { startDbos } from "./dbos/dbos.ts";
import { hasPostgres } from "./dbos/postgres.ts";
import type { EngineUnderTest } from "./engine-under-test.ts";
import { startRestate } from "./restate/restate.ts";
import { type StartedProcess, startProcess } from "./started-process.ts";
import { startStigmer } from "./stigmer/stigmer.ts";

/** Starts an engine by the name of the command line, with its data in a folder; rejects with the reason when it can not be measured here. */
export async function startEngine(name: string, folder: string, echo: string): Promise<EngineUnderTest> {
  const data = path.join(folder, name);
  switch (name) {
    case "stigmer":
      return startStigmer(data, echo);
    case "restate":
    case "restate-tuned":
      install("restate");
      return startRestate(data, echo, name === "restate-tuned");
    case "dbos":
      if (!hasPostgres) throw new Error("PostgreSQL 15 of Debian is not installed");
      install("dbos");
      return startDbos(data, echo);
    default:
      throw new Error(`Cannot measure "${name}": it is unknown, it should be stigmer, restate, restate-tuned or dbos`);
  }
}

/** Starts an echo; tells its `host:port` too. */
export async function startEcho(): Promise<{ readonly process: StartedProcess; readonly address: string }> {
  const started = await startProcess(process.execPath, [path.join(import.meta.dirname, "echo.mjs")]);
  return { process: started, address: `127.0.0.1:${await started.said(/listening on (\d+)/u)}` };
}

/** Installs a pinned peer beside its adapter: it is no dependency of the product. No install script of it runs. */
function install(peer: string): void {
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  spawnSync("npm", args, { cwd: path.join(import.meta.dirname, peer), stdio: ["ignore", "ignore", "inherit"] });
}
