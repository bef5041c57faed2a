import { createHash } from "node:crypto";
import type { WorkflowSpec } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/spec_pb.ts";
import { type Diagnostic, hasErrors } from "@stigmer/core/dsl/diagnostic/diagnostic.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { stringify } from "yaml";
import { ApiError } from "../../errors/api-error.ts";
import { invalidField } from "../../pipeline/refusal.ts";
import type { DefinitionLoader } from "../ports.ts";
import { documentOfTasks } from "./tasks-form/document-of-tasks.ts";

const DEFINITION_BYTES_MAX = 1024 * 1024;
const VIOLATIONS_MAX = 20;

/** A definition that was read and checked. */
export interface Definition {
  /** As applied, or as YAML when it was applied as tasks. */
  readonly source: string;
  readonly diagnostics: readonly Diagnostic[];
  /** The rest is there unless a diagnostic is an error. */
  readonly valid?: {
    readonly document: WorkflowDocument;
    readonly canonical: string;
    readonly digest: string;
    /** The source when it is YAML, else the document as YAML. */
    readonly yaml: string;
  };
}

/** Reads the definition of a workflow from either form. Throws INVALID_ARGUMENT where tasks cannot be converted or the text is too large; other faults are diagnostics. */
export function readDefinition(spec: WorkflowSpec, load: DefinitionLoader): Definition {
  return spec.definition === "" ? readTasks(spec, load) : readText(spec.definition, load);
}

/** Reads a definition from its text. */
export function readText(source: string, load: DefinitionLoader): Definition {
  if (Buffer.byteLength(source) > DEFINITION_BYTES_MAX) {
    throw invalidField(
      "spec.definition",
      `has ${Buffer.byteLength(source)} bytes, should have at most ${DEFINITION_BYTES_MAX}`,
    );
  }
  const { document, canonical, diagnostics } = load(source);
  if (document === undefined || canonical === undefined || hasErrors(diagnostics)) return { source, diagnostics };
  const yaml = looksLikeJson(source) ? toYaml(JSON.parse(canonical)) : source;
  return { source, diagnostics, valid: { document, canonical, digest: digestOf(canonical), yaml } };
}

/** SHA-256 of the canonical definition in hexadecimal digits. */
export function digestOf(canonical: string): string {
  return createHash("sha256").update(canonical).digest("hex");
}

/** One diagnostic as a line: place, what, code and remedy. */
export function diagnosticText({ line, column, message, code, hint }: Diagnostic): string {
  return `${line}:${column}: ${message} (${code})${hint === undefined ? "" : `; ${hint}`}`;
}

/** The refusal of a definition with errors: the first in the text, all (up to a bound) as field violations. */
export function definitionRefusal(definition: Definition, field: string): ApiError {
  const errors = definition.diagnostics.filter(({ severity }) => severity === "error");
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const violations = errors
    .slice(0, VIOLATIONS_MAX)
    .map((error) => ({ field: `${field}#${error.pointer}`, description: diagnosticText(error), reason: error.code }));
  return new ApiError(
    "DEFINITION_INVALID",
    `workflow validation failed: ${first === undefined ? "the definition cannot be read" : diagnosticText(first)}${more}`,
    {
      violations,
    },
  );
}

function readTasks(spec: WorkflowSpec, load: DefinitionLoader): Definition {
  return readText(toYaml(documentOfTasks(spec)), load);
}

function toYaml(document: unknown): string {
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

function looksLikeJson(text: string): boolean {
  return /^\s*\{/u.test(text);
}
