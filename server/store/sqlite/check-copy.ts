import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { BackupRefused } from "./backup-refused.ts";

/** Looks at a whole database, tables and indexes, which takes seconds a gigabyte: in a thread of its own. Plain JavaScript in a text, so that it runs from source and from a build alike. */
const CHECK = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { DatabaseSync } = process.getBuiltinModule?.("node:sqlite") ?? require(workerData.driver);
  const database = new DatabaseSync(workerData.path);
  database.exec("pragma locking_mode = exclusive");
  const problems = database.prepare("pragma integrity_check").all().map((row) => String(Object.values(row)[0]));
  const version = Number(Object.values(database.prepare("pragma user_version").get())[0]);
  database.exec("pragma journal_mode = delete; pragma locking_mode = normal; select 1 from sqlite_schema");
  database.close();
  parentPort.postMessage({ problems, version });
`;

interface Finding {
  readonly problems: readonly string[];
  readonly version: number;
}

/** Opens a copy of a database as a server would, and rejects unless it is sound and of the given schema; resolves with its schema. The file is left without a log. */
export async function checkCopy(path: string, version?: number): Promise<number> {
  const driver = createRequire(import.meta.url).resolve("@photostructure/sqlite");
  const worker = new Worker(CHECK, { eval: true, execArgv: [], workerData: { path, driver } });
  const found = await new Promise<Finding>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error(`Cannot check "${path}": the check ended without a result`)));
  });
  const problems = found.problems.filter((problem) => problem !== "ok");
  if (version !== undefined && found.version !== version) problems.push(`its schema is ${found.version}`);
  if (problems.length > 0) throw new BackupRefused("damaged", path, `it is damaged (${problems.join("; ")})`);
  return found.version;
}
