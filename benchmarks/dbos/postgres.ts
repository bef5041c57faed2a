import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync } from "node:fs";
import { type StartedProcess, startProcess, until } from "../started-process.ts";

/** Where Debian puts PostgreSQL 15. */
export const POSTGRES = "/usr/lib/postgresql/15";

/** Whether it is installed. */
export const hasPostgres = existsSync(`${POSTGRES}/bin/initdb`);

/** `nobody` of Debian: PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
const uid = process.getuid?.() === 0 ? NOBODY : undefined;

/** Makes a database cluster in a folder, with the settings that PostgreSQL ships with: fsync and synchronous_commit are on. */
export function makeCluster(folder: string): void {
  mkdirSync(folder);
  chmodSync(folder, 0o700);
  if (uid !== undefined) chownSync(folder, uid, uid);
  const user = uid === undefined ? {} : { uid, gid: uid };
  const args = ["-D", folder, "-U", "bench", "--auth=trust"];
  execFileSync(`${POSTGRES}/bin/initdb`, args, { ...user, stdio: "ignore", cwd: "/" });
}

/** Starts PostgreSQL on a cluster; resolves when it takes connections. */
export async function startPostgres(folder: string, port: number): Promise<StartedProcess> {
  const settings = ["-D", folder, "-p", String(port), "-c", "unix_socket_directories=", "-h", "127.0.0.1"];
  const started = await startProcess(`${POSTGRES}/bin/postgres`, settings, {}, uid);
  await until(async () => isReady(port));
  return started;
}

function isReady(port: number): boolean {
  try {
    execFileSync(`${POSTGRES}/bin/pg_isready`, ["-h", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
