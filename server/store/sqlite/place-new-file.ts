import { linkSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isAlive } from "./lock-file.ts";
import { syncDirectory } from "./sync-directory.ts";

const DRAFT = /\.new-(\d+)/u;

/**
 * Makes a file under another name, by `make`, and gives it its own when it is complete and on the disk, so that a crash at any moment leaves the whole file or none. Where another process was
 * faster its file stays.
 */
export function placeNewFile(path: string, make: (draft: string) => void): void {
  const draft = `${path}.new-${process.pid}`;
  rmSync(draft, { force: true });
  try {
    make(draft);
    giveName(draft, path);
    syncDirectory(dirname(path));
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes the drafts of processes that died while they made this file: one may be the file itself under a second name. */
export function removeAbandonedDrafts(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${basename(path)}.new-`)) continue;
    const pid = Number(DRAFT.exec(name)?.[1]);
    if (pid > 0 && pid !== process.pid && !isAlive(pid)) rmSync(join(folder, name), { force: true });
  }
}

function giveName(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") return;
    // A file system without links: renaming does as well but for two processes at the same moment.
    renameSync(draft, path);
  }
}
