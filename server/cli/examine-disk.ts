import { mkdtemp, open, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import type { Finding } from "./finding.ts";

const GiB = 1024 ** 3;
const TRIES = 5;
/** Every acknowledged write waits for the disk, many together; from here on it is felt. */
const SLOW_MS = 50;

/** Tries out the disk that a folder is on: room, how long a write takes to be safe, and whether its times agree with the clock. `database` is the file that is or will be there. */
export async function examineDisk(folder: string, database: string): Promise<readonly Finding[]> {
  const trial = await mkdtemp(path.join(folder, ".stigmer-doctor-")).catch(() => undefined);
  if (trial === undefined) return [{ state: "bad", what: "disk", says: `nothing can be written in ${folder}` }];
  try {
    const { bavail, bsize } = await statfs(trial);
    const freeBytes = bavail * bsize;
    const room = `${(freeBytes / GiB).toFixed(1)} GiB free`;
    const file = path.join(trial, "sync");
    const safeMs = await syncMs(file);
    const sync = `a write is safe after ${safeMs.toFixed(1)} ms`;
    const ahead = Math.max(
      (await stat(file)).mtimeMs - Date.now(),
      ((await stat(database).catch(() => undefined))?.mtimeMs ?? 0) - Date.now(),
    );
    return [
      { state: freeBytes < GiB ? "note" : "ok", what: "disk", says: `${room}, ${sync}` },
      ...(safeMs > SLOW_MS ? [slow(safeMs)] : []),
      ...(ahead > 2000 ? [future(ahead)] : []),
    ];
  } catch (error) {
    return [{ state: "bad", what: "disk", says: `${folder} cannot be relied on: ${(error as Error).message}` }];
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}

/** The median of some writes that are forced to the disk, in milliseconds. */
async function syncMs(file: string): Promise<number> {
  const handle = await open(file, "w");
  try {
    const times: number[] = [];
    for (let count = 0; count < TRIES; count++) {
      const startedMs = performance.now();
      await handle.write(Buffer.alloc(4096, count));
      await handle.datasync();
      times.push(performance.now() - startedMs);
    }
    return times.toSorted((left, right) => left - right)[Math.floor(TRIES / 2)] ?? 0;
  } finally {
    await handle.close();
  }
}

const slow = (ms: number): Finding => ({
  state: "note",
  what: "disk speed",
  says: `a write takes ${ms.toFixed(0)} ms to be safe: starting a run takes at least as long`,
});

const future = (ms: number): Finding => ({
  state: "note",
  what: "clock",
  says: `files in the data directory are ${(ms / 1000).toFixed(0)} s ahead of the clock: it was set back, or the disk is another machine's`,
});
