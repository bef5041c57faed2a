import { canonicalJson } from "../lib/canonical-json.ts";
import { type Diagnostic, hasErrors } from "../dsl/diagnostic/diagnostic.ts";
import type { WorkflowDocument } from "../dsl/model.ts";
import { type ParsedDocument, parseStream, parseText } from "../dsl/parse/parse-text.ts";
import type { Positions } from "../dsl/parse/positions.ts";
import { type CheckOptions, check } from "./check.ts";

/** Options of loading. */
export interface LoadOptions extends CheckOptions {
  /** The name of the file, for diagnostics. */
  readonly file?: string;
}

/** A loaded definition. The document is there exactly when no diagnostic is an error. */
export interface LoadedWorkflow {
  readonly document?: WorkflowDocument;
  /** The document's canonical JSON (RFC 8785): the text whose digest names the version. Present with the document. */
  readonly canonical?: string;
  readonly diagnostics: readonly Diagnostic[];
  /** Where everything stands in the text, for messages at run time. */
  readonly positions: Positions;
}

/** Reads, checks and returns the one workflow of a YAML or JSON text. Never throws on any text, in bounded time. */
export function loadWorkflow(text: string, options: LoadOptions = {}): LoadedWorkflow {
  return loaded(parseText(text, options), options);
}

/** The same for a stream of documents separated by `---`, as `apply -f` takes them. An empty stream gives one result that says so. */
export function loadWorkflows(text: string, options: LoadOptions = {}): readonly LoadedWorkflow[] {
  const documents = parseStream(text, options);
  if (documents.length < 2) return [loadWorkflow(text, options)];
  return documents.map((parsed) => loaded(parsed, options));
}

function loaded(parsed: ParsedDocument, options: CheckOptions): LoadedWorkflow {
  const { value, positions } = parsed;
  const checked = value === undefined || hasErrors(parsed.diagnostics) ? [] : check(value, positions, options);
  const diagnostics = [...parsed.diagnostics, ...checked];
  if (value === undefined || hasErrors(diagnostics)) return { diagnostics, positions };
  return {
    document: value as unknown as WorkflowDocument,
    canonical: canonicalJson(value),
    diagnostics,
    positions,
  };
}
