import { open, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { CliError, exit } from "./exit.ts";

/** Gives a file another text. The text is written beside it and moved into its place, so that a full disk or a lost machine leaves the old one whole; mode and symbolic links stay. */
export async function replaceFile(given: string, text: string): Promise<void> {
  const file = await realpath(given);
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
  try {
    const handle = await open(draft, "wx", (await stat(file)).mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw new CliError(exit.failed, `Cannot write "${given}": ${writeFailure(error)}`);
  }
}

/** Why a file could not be written, in words. */
export function writeFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: { readonly [code: string]: string } = {
    EACCES: "permission denied",
    ENOSPC: "the disk is full",
    ENOTDIR: "a part of its path is a file",
    EROFS: "the file system is read-only",
  };
  return reasons[code ?? ""] ?? message;
}
