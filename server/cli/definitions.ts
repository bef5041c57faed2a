import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { type Diagnostic, hasErrors } from "@stigmer/core/dsl/diagnostic/diagnostic.ts";
import { type Paint, renderDiagnostic } from "@stigmer/core/dsl/diagnostic/render-text.ts";
import { parseStream } from "@stigmer/core/dsl/parse/parse-text.ts";
import { type Json, type JsonObject, isJsonObject } from "@stigmer/core/lib/json.ts";
import { CliError, exit } from "./exit.ts";
import { readSource } from "./input.ts";
import type { Terminal } from "./output/terminal.ts";

/** A text with definitions, and where it came from. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
}

/** What a command makes of a text: a workflow definition, another resource in its published form, or neither. */
export type SourceKind = "definition" | "resource";

/** Names of files that may hold a definition. Test files stand beside definitions and are not meant. */
const CANDIDATE = /(?<!\.test)\.(ya?ml|json)$/iu;

/** Whether a folder's file may hold a definition, by its path below the folder: not a test file, not hidden, not of an installed package. */
export function isCandidate(entry: string): boolean {
  return (
    CANDIDATE.test(entry) && !entry.split(path.sep).some((part) => part === "node_modules" || part.startsWith("."))
  );
}

/**
 * The texts that paths on a command line mean: a file, `-` for standard input, or a folder with every file below it, in order of name, whose content is of a kind that the command takes. A file that is
 * named is always taken; files of a folder that are something else (an input, a package.json) are left out, and it is said how many. A folder with nothing to take is an error.
 */
export async function sourceFiles(
  paths: readonly string[],
  terminal: Terminal,
  kinds: readonly SourceKind[] = ["definition"],
): Promise<readonly SourceFile[]> {
  const found: SourceFile[] = [];
  for (const given of paths) {
    const info = given === "-" ? undefined : await stat(given).catch(() => undefined);
    if (info?.isDirectory() === true) found.push(...(await folderSources(given, terminal, kinds)));
    else found.push({ file: given === "-" ? "standard input" : given, text: await readSource(given) });
  }
  return found;
}

async function folderSources(
  folder: string,
  terminal: Terminal,
  kinds: readonly SourceKind[],
): Promise<readonly SourceFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => isCandidate(path.relative(folder, file)));
  if (files.length === 0)
    throw new CliError(exit.invalid, `Cannot find a definition in "${folder}": it has no .yaml, .yml or .json file`);
  const taken = await sourcesAmong(files.toSorted(), kinds);
  const leftOut = files.length - taken.length;
  const others = `${leftOut} ${leftOut === 1 ? "file" : "files"}`;
  const lack = kinds.includes("resource")
    ? 'no "document", "do" or "apiVersion" at the top'
    : 'no "document" or "do" at the top';
  if (taken.length === 0)
    throw new CliError(
      exit.invalid,
      `Cannot find a definition in "${folder}": ${others} in YAML or JSON, ${lack}`,
      "name a file to have it checked whatever is in it",
    );
  if (leftOut > 0) terminal.say(terminal.colors.dim(`left out ${others} of ${folder}: ${lack}`));
  return taken;
}

/** Those of a folder's files whose content is of one of the kinds. */
export async function sourcesAmong(
  files: readonly string[],
  kinds: readonly SourceKind[],
): Promise<readonly SourceFile[]> {
  const found: SourceFile[] = [];
  for (const file of files) {
    const text = await readSource(file);
    const kind = kindOfText(text);
    if (kind !== undefined && kinds.includes(kind)) found.push({ file, text });
  }
  return found;
}

/** Words without which a text is neither kind: most other files need no parser. */
const ANY_WORD = /\b(?:document|do|apiVersion|api_version)\b/u;
/** A definition's top in the usual form of YAML, which is one though the rest cannot be read. */
const YAML_TOP = /^["']?(?:document|do)["']?[ \t]*:/mu;
/** The same in JSON that cannot be read: its first key, or one hardly indented. */
const JSON_TOP = /(?:^\s*\{\s*|^[ \t]{0,4})"(?:document|do)"\s*:/mu;

/** What a text is, by the words at its top; a definition with mistakes is still one. */
function kindOfText(text: string): SourceKind | undefined {
  if (!ANY_WORD.test(text)) return undefined;
  if (YAML_TOP.test(text)) return "definition";
  const documents = parseStream(text);
  const tops = documents.flatMap(({ value }) => (isJsonObject(value) ? [value] : []));
  if (tops.some((top) => Object.hasOwn(top, "document") || Object.hasOwn(top, "do"))) return "definition";
  if (documents.some(({ diagnostics }) => hasErrors(diagnostics)) && JSON_TOP.test(text)) return "definition";
  return tops.length > 0 && tops.every(isResource) ? "resource" : undefined;
}

/** Whether a document is a resource in its published form (`apiVersion`, `kind`, `metadata`, `spec`), not a workflow definition. */
export function isResource(value: Json | undefined): value is JsonObject {
  return isJsonObject(value) && (Object.hasOwn(value, "apiVersion") || Object.hasOwn(value, "api_version"));
}

/** Prints diagnostics as a compiler does: code, place, source line, caret, help. */
export function showDiagnostics(terminal: Terminal, diagnostics: readonly Diagnostic[]): void {
  const { colors } = terminal;
  const paint: Paint = (role, text) =>
    role === "error"
      ? colors.red(text)
      : role === "warning"
        ? colors.yellow(text)
        : role === "help"
          ? colors.cyan(text)
          : role === "gutter"
            ? colors.dim(text)
            : text;
  for (const diagnostic of diagnostics) terminal.say(renderDiagnostic(diagnostic, paint));
}
