import { existsSync, watch } from "node:fs";
import path from "node:path";
import { type Connection, explain } from "./connection.ts";
import {
  type SourceFile,
  type SourceKind,
  isCandidate,
  showDiagnostics,
  sourceFiles,
  sourcesAmong,
} from "./definitions.ts";
import { CliError, exit } from "./exit.ts";
import type { Terminal } from "./output/terminal.ts";
import { applyResource, readResources } from "./resources.ts";

/** Editors write a file in several steps; what happens within this time is one change. */
const SETTLE_MS = 100;
/** What is applied: definitions and other resources. */
const APPLIED: readonly SourceKind[] = ["definition", "resource"];

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
    work = work.then(() => applyFiles(() => sourcesAmong(files, APPLIED), connection, terminal));
  };
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    if (name === null || !isCandidate(name)) return;
    changed.add(path.join(folder, name));
    clearTimeout(timer);
    timer = setTimeout(flush, SETTLE_MS);
  });
  const failed = new Promise<never>((_resolve, reject) => watcher.once("error", reject));
  failed.catch(() => {});
  try {
    work = applyFiles(() => sourceFiles([folder], terminal, APPLIED), connection, terminal);
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

type Read = () => Promise<readonly SourceFile[]>;

async function applyFiles(read: Read, connection: Connection, terminal: Terminal): Promise<void> {
  for (const source of await readable(read, terminal)) {
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

async function readable(read: Read, terminal: Terminal) {
  try {
    return await read();
  } catch (error) {
    // A folder without definitions is a fine place to begin, and a file may be gone before it is read.
    terminal.say((error as Error).message);
    return [];
  }
}
