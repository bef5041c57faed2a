import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { CliError, exit } from "./exit.ts";
import type { Terminal } from "./output/terminal.ts";
import { writeFailure } from "./replace-file.ts";
import { testFileSchema, workflowSchema } from "./schema/schemas.ts";

/** Where the schemas of a project stand, seen from its files: editors read them without a network. */
const SCHEMAS = {
  workflow: ".stigmer/workflow.schema.json",
  test: ".stigmer/test.schema.json",
};

/** The line that tells an editor's YAML server which schema a file follows. */
export function modeline(schema: string): string {
  return `# yaml-language-server: $schema=${schema}\n`;
}

/** Writes the files of a project into a folder, with the schemas that editors complete and check by; each workflow and test names its schema in its first line. Nothing is overwritten but the schemas, which are ours. */
export async function writeProject(
  terminal: Terminal,
  folder: string,
  files: { readonly [file: string]: string },
  dryRun: boolean,
): Promise<void> {
  const paths = Object.keys(files).map((file) => path.join(folder, file));
  const present = paths.find((file) => existsSync(file));
  if (present !== undefined)
    throw new CliError(exit.notFound, `Cannot write "${present}": it is already there, and nothing is overwritten`);
  for (const [file, text] of Object.entries(files)) {
    if (!dryRun) await write(path.join(folder, file), withModeline(file, text), "wx");
    terminal.say(`${dryRun ? "would write" : "wrote"} ${path.join(folder, file)}`);
  }
  if (dryRun) return;
  await write(path.join(folder, SCHEMAS.workflow), `${JSON.stringify(workflowSchema(), null, 2)}\n`, "w");
  await write(path.join(folder, SCHEMAS.test), `${JSON.stringify(testFileSchema(), null, 2)}\n`, "w");
}

function withModeline(file: string, text: string): string {
  if (!/\.ya?ml$/u.test(file) || text.startsWith("# yaml-language-server:")) return text;
  const up = "../".repeat(file.split("/").length - 1);
  if (/\.test\.ya?ml$/u.test(file)) return `${modeline(`${up}${SCHEMAS.test}`)}${text}`;
  return /^document:/mu.test(text) ? `${modeline(`${up}${SCHEMAS.workflow}`)}${text}` : text;
}

async function write(file: string, text: string, flag: "w" | "wx"): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { flag });
  } catch (error) {
    throw new CliError(exit.failed, `Cannot write "${file}": ${writeFailure(error)}`);
  }
}
