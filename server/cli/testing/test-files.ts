import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { CliError, exit } from "../exit.ts";

const TEST_FILE = /\.test\.ya?ml$/iu;

/** The test files at or below the given paths, in order of name. A path that is not there, or has none, is an error. */
export async function testFiles(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const given of paths) {
    const info = await stat(given).catch(() => undefined);
    if (info === undefined) throw new CliError(exit.invalid, `Cannot test "${given}": there is no such file`);
    const entries = info.isDirectory() ? await below(given) : [given];
    if (entries.length === 0)
      throw new CliError(
        exit.invalid,
        `Cannot test "${given}": it has no *.test.yaml file`,
        "write one beside the workflow: `stigmer init` makes an example",
      );
    found.push(...entries);
  }
  return [...new Set(found)];
}

async function below(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter(
      (entry) =>
        TEST_FILE.test(entry) && !entry.split(path.sep).some((part) => part === "node_modules" || part.startsWith(".")),
    )
    .toSorted()
    .map((entry) => path.join(folder, entry));
}
