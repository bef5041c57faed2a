import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from "node:fs";

const CHUNK = Buffer.alloc(1 << 20);

/** The file that holds space back. */
export function ballastPath(path: string): string {
  return `${path}.ballast`;
}

/** Holds space back beside a database, so that on a full disk there is room for the deletions that free more. Written out, since a file with holes holds nothing. */
export function ensureBallast(path: string, bytes: number): void {
  const file = ballastPath(path);
  if (statSync(file, { throwIfNoEntry: false })?.size === bytes) return;
  const descriptor = openSync(file, "w", 0o600);
  try {
    for (let left = bytes; left > 0;) left -= writeSync(descriptor, CHUNK, 0, Math.min(left, CHUNK.length));
    fsyncSync(descriptor);
  } catch {
    // Too little room for a reserve is no reason not to start.
    rmSync(file, { force: true });
  } finally {
    closeSync(descriptor);
  }
}

/** Gives the space up; the next start of the server holds it back again. Tells how many bytes it was. */
export function releaseBallast(path: string): number {
  const bytes = statSync(ballastPath(path), { throwIfNoEntry: false })?.size ?? 0;
  rmSync(ballastPath(path), { force: true });
  return bytes;
}
