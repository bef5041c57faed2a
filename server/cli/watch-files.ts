import { type FSWatcher, existsSync, statSync, watch } from "node:fs";
import path from "node:path";
import { CliError, exit } from "./exit.ts";
import type { Terminal } from "./output/terminal.ts";
import { report } from "./report.ts";

/** Editors write a file in several steps; what happens within this time is one change. */
const SETTLE_MS = 100;
const WATCHED = /\.(ya?ml|json)$/iu;

/** Does the work now and whenever a definition or test below the paths has changed, one after the other, until the signal. A failure is told and the watch goes on. */
export async function watchFiles(
  paths: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
  work: () => Promise<number>,
): Promise<number> {
  const missing = paths.find((one) => !existsSync(one));
  if (missing !== undefined) throw new CliError(exit.invalid, `Cannot watch "${missing}": there is no such file`);
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const again = (): void => {
    running = running.then(async () => {
      await work().catch((error: unknown) => report(error, terminal));
      if (!signal.aborted) terminal.say(terminal.colors.dim("watching; Ctrl-C stops"));
    });
  };
  const changed = (_event: string, name: string | null): void => {
    if (name !== null && (!WATCHED.test(name) || name.split(path.sep).some(isForeign))) return;
    clearTimeout(timer);
    timer = setTimeout(again, SETTLE_MS);
  };
  // A file is watched by its folder: editors replace it, and a watch of the file itself would be left with the old one.
  const folders = new Set(paths.map((one) => (statSync(one).isDirectory() ? one : path.dirname(one))));
  const watchers: FSWatcher[] = [...folders].map((folder) => watch(folder, { recursive: true }, changed));
  try {
    again();
    await new Promise<void>((resolve, reject) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
      for (const watcher of watchers) watcher.once("error", reject);
    });
  } finally {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
    await running;
  }
  return exit.ok;
}

const isForeign = (part: string): boolean => part === "node_modules" || part.startsWith(".");
