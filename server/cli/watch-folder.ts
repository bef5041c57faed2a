import { existsSync, watch } from "node:fs";
import path from "node:path";
import { type Connection, explain } from "./connection.ts";
import { showDiagnostics, sourceFiles } from "./definitions.ts";
import { CliError, exit } from "./exit.ts";
import type { Terminal } from "./output/terminal.ts";
import { applyResource, readResources } from "./resources.ts";

/** Editors write a file in several steps; what happens within this time is one change. */
const SETTLE_MS = 100;
const DEFINITION = /(?<!\.test)\.(ya?ml|json)$/iu;

/** Applies every definition of a folder, then those that change, until the signal. A definition that is not valid is shown, and the last valid one stays. */
export async function watchFolder(
  folder: string,
  connection: Connection,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (!existsSync(folder)) throw new CliError(exit.invalid, `Cannot watch "${folder}": there is no such folder`);
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  const flush = (): void => {
    const files = [...changed].filter((file) => existsSync(file)).toSorted();
    changed.clear();
    // One after the other, so that the last save wins.
    work = work.then(() => applyFiles(files, connection, terminal));
  };
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    if (name === null || !DEFINITION.test(name) || name.split(path.sep).some(isForeign)) return;
    changed.add(path.join(folder, name));
    clearTimeout(timer);
    timer = setTimeout(flush, SETTLE_MS);
  });
  const failed = new Promise<never>((_resolve, reject) => watcher.once("error", reject));
  failed.catch(() => {});
  try {
    work = applyFiles([folder], connection, terminal);
    await work;
    terminal.say(terminal.colors.dim(`watching ${folder}; Ctrl-C stops`));
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([stopped, failed]);
  } finally {
    clearTimeout(timer);
    watcher.close();
    await work;
  }
}

const isForeign = (part: string): boolean => part === "node_modules" || part.startsWith(".");

async function applyFiles(paths: readonly string[], connection: Connection, terminal: Terminal): Promise<void> {
  for (const source of await readable(paths, terminal)) {
    try {
      const { resources, diagnostics } = readResources([source]);
      showDiagnostics(terminal, diagnostics);
      if (diagnostics.some(({ severity }) => severity === "error")) {
        terminal.say(`${terminal.colors.red("not applied:")} ${source.file}`);
        continue;
      }
      for (const resource of resources) {
        const { kind, name, outcome, revision } = await applyResource(connection, resource, false);
        terminal.say(`${kind}/${name} ${outcome}  ${terminal.colors.dim(revision)}`);
      }
    } catch (error) {
      terminal.say(`${terminal.colors.red("not applied:")} ${source.file}: ${explain(error, "this process").message}`);
    }
  }
}

async function readable(paths: readonly string[], terminal: Terminal) {
  try {
    return await sourceFiles(paths);
  } catch (error) {
    // A folder without definitions is a fine place to begin, and a file may be gone before it is read.
    terminal.say((error as Error).message);
    return [];
  }
}
