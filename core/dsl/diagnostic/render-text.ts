import type { Diagnostic } from "./diagnostic.ts";

/** Wraps a piece of the output, for colours; the plain renderer leaves it as it is. */
export type Paint = (role: "error" | "warning" | "info" | "gutter" | "help", text: string) => string;

const plain: Paint = (_role, text) => text;

/**
 * Renders a diagnostic for a terminal: headline, place, source line with carets under the token, help.
 * Control characters of the source are shown as `?`, so that a document cannot move the cursor of the reader.
 */
export function renderDiagnostic(diagnostic: Diagnostic, paint: Paint = plain): string {
  const { code, severity, message, file, line, column, endLine, endColumn, hint } = diagnostic;
  const gutter = " ".repeat(String(line).length);
  const bar = paint("gutter", "|");
  const source = shownLine(diagnostic.sourceLine);
  const start = Math.max(0, Math.min(column - 1 - diagnostic.sourceColumnOffset, source.length));
  const end = endLine > line ? source.length : endColumn - 1 - diagnostic.sourceColumnOffset;
  const carets = "^".repeat(Math.max(1, Math.min(end, source.length) - start));
  const lines = [
    `${paint(severity, `${severity}[${code}]`)}: ${shownText(message)}`,
    `${gutter}${paint("gutter", "-->")} ${file ?? "<input>"}:${line}:${column}`,
    `${gutter} ${bar}`,
    `${paint("gutter", String(line))} ${bar} ${source}`,
    `${gutter} ${bar} ${" ".repeat(start)}${paint(severity, carets)}`,
  ];
  if (hint !== undefined) lines.push(`${gutter} ${paint("gutter", "=")} ${paint("help", "help")}: ${shownText(hint)}`);
  return lines.join("\n");
}

/** Renders all diagnostics, a blank line between them, and a count at the end. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], paint: Paint = plain): string {
  const count = (severity: string): number =>
    diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  const counts = (["error", "warning", "info"] as const)
    .map((severity) => [severity, count(severity)] as const)
    .filter(([, number]) => number > 0)
    .map(([severity, number]) => `${number} ${severity === "info" ? "remark" : severity}${number === 1 ? "" : "s"}`);
  return [...diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, paint)), counts.join(", ")].join("\n\n");
}

/** One character for one, so that carets stay in place. */
function shownLine(line: string): string {
  return line
    .replaceAll("\t", " ")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, (character) => "?".repeat(character.length));
}

function shownText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, (character) => (character === "\n" ? " " : "?"));
}
