import type { DiagnosticCode, Finding } from "../diagnostic/diagnostic.ts";

/** Where a walk over a document is: the pointer, and the variables in scope there, innermost last. */
export interface Place {
  readonly pointer: string;
  readonly variables: readonly string[];
}

/** What a finding may say besides its message. */
export type FindingDetails = Partial<Pick<Finding, "at" | "hint" | "span">>;

/** Takes note of a finding. */
export type Tell = (code: DiagnosticCode, pointer: string, message: string, details?: FindingDetails) => void;
