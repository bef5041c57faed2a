import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { Diagnostic } from "@stigmer/core/dsl/diagnostic/diagnostic.ts";
import { type Paint, renderDiagnostic } from "@stigmer/core/dsl/diagnostic/render-text.ts";
import { CliError, exit } from "./exit.ts";
import { readSource } from "./input.ts";
import type { Terminal } from "./output/terminal.ts";

/** A text with definitions, and where it came from. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
}

const DEFINITION = /\.(ya?ml|json)$/iu;

/** Files named by `-f`: a file, `-` for standard input, or a folder with every definition below it, in order of name. Test files are left out. */
export async function sourceFiles(paths: readonly string[]): Promise<readonly SourceFile[]> {
  const found: SourceFile[] = [];
  for (const given of paths) {
    for (const file of await expand(given))
      found.push({ file: file === "-" ? "standard input" : file, text: await readSource(file) });
  }
  return found;
}

async function expand(given: string): Promise<readonly string[]> {
  if (given === "-") return ["-"];
  const info = await stat(given).catch(() => undefined);
  if (info === undefined || !info.isDirectory()) return [given];
  const entries = await readdir(given, { recursive: true });
  const files = entries.filter(
    (entry) =>
      DEFINITION.test(entry) &&
      !/\.test\.ya?ml$/iu.test(entry) &&
      !entry.split(path.sep).some((part) => part === "node_modules" || part.startsWith(".")),
  );
  if (files.length === 0)
    throw new CliError(exit.invalid, `Cannot find a definition in "${given}": it has no .yaml, .yml or .json file`);
  return files.toSorted().map((entry) => path.join(given, entry));
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
