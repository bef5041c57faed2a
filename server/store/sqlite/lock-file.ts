import { readFileSync, rmSync, writeFileSync } from "node:fs";

/*
 * The lock that counts is SQLite's own, which the system drops when the process dies. This file says who holds it, and holds also when the database file was deleted under a running
 * server and SQLite would lock another file. A process is told by id and start time, since ids are given again, soon so in containers.
 */

/** The lock file of a database. */
export function lockPath(path: string): string {
  return `${path}.lock`;
}

/** The id of the other, living process that wrote the lock file; undefined where there is none or it cannot be told. */
export function lockHolder(path: string): { readonly pid: number; readonly certain: boolean } | undefined {
  let pid: number;
  let startedAt: string | undefined;
  try {
    const [first, second] = readFileSync(lockPath(path), "utf8").split("\n");
    pid = Number(first);
    startedAt = second === "" ? undefined : second;
  } catch {
    return undefined;
  }
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid || !isAlive(pid)) return undefined;
  const present = startTime(pid);
  if (startedAt !== undefined && present !== undefined && startedAt !== present) return undefined;
  return { pid, certain: startedAt !== undefined && startedAt === present };
}

/** Writes this process into the lock file. */
export function writeLock(path: string): void {
  writeFileSync(lockPath(path), `${process.pid}\n${startTime(process.pid) ?? ""}\n`);
}

/** Removes the lock file. */
export function removeLock(path: string): void {
  rmSync(lockPath(path), { force: true });
}

/** Whether there is a process of this id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** When a process started, with the boot it belongs to; undefined on systems without /proc. */
function startTime(pid: number): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The second field is the program's name in parentheses and may hold anything: fields count from its end.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ");
    return fields?.[19] === undefined ? undefined : `${boot}/${fields[19]}`;
  } catch {
    return undefined;
  }
}
