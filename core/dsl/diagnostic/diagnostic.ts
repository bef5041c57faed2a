/** How bad a diagnostic is: an `error` refuses the document, a `warning` is probably a mistake, an `info` a remark. */
export type Severity = "error" | "warning" | "info";

/** Something to say about a place of a document. Lines and columns start at 1; columns count UTF-16 units, as editors do. */
export interface Diagnostic {
  /** Stable: `OW1xxx` errors, `OW2xxx` warnings and remarks. `stigmer explain <code>` tells more. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly file?: string;
  readonly line: number;
  readonly column: number;
  /** The line of the end; the same as `line` unless the token spans lines. */
  readonly endLine: number;
  /** One past the last column of the token. */
  readonly endColumn: number;
  /** JSON pointer into the document, of the value the diagnostic is about; the empty pointer where there is no such value. */
  readonly pointer: string;
  /** What to do about it. */
  readonly hint?: string;
  /** The text of `line`, shortened where it is very long, so that a renderer needs no file. */
  readonly sourceLine: string;
  /** How many columns of the line `sourceLine` leaves out at its start; 0 unless it was shortened. */
  readonly sourceColumnOffset: number;
}

/** The description of a code: what it means and what to do, for `stigmer explain` and the reference pages. */
export interface DiagnosticCode {
  readonly code: string;
  /** kebab-case, for people and for configuration. */
  readonly name: string;
  readonly severity: Severity;
  /** One line. */
  readonly summary: string;
  /** Why it is so, an example of the fault, and the remedy, as Markdown. */
  readonly explanation: string;
}

/** A finding of a check before it is placed in the text. */
export interface Finding {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly pointer: string;
  /** Whether the key or the value at the pointer is at fault; the value where nothing is said. */
  readonly at?: "key" | "value";
  /** A part of the value's text, in UTF-16 units of the decoded string. */
  readonly span?: { readonly offset: number; readonly length: number };
  readonly hint?: string | undefined;
}

/** Tells whether any of the diagnostics refuses the document. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

/** Orders diagnostics by place, errors first at the same place. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted(
    (left, right) =>
      left.line - right.line ||
      left.column - right.column ||
      (left.code < right.code ? -1 : left.code > right.code ? 1 : 0),
  );
}
