import type { Json } from "../lib/json.ts";
import type { Diagnostic } from "../dsl/diagnostic/diagnostic.ts";
import { sortDiagnostics } from "../dsl/diagnostic/diagnostic.ts";
import type { WorkflowDocument } from "../dsl/model.ts";
import type { Positions } from "../dsl/parse/positions.ts";
import { checkShape } from "../dsl/schema/check-shape.ts";
import { type Capabilities, allCapabilities } from "./capabilities.ts";
import { RuleContext } from "./rule-context.ts";
import { rules } from "./rules/index.ts";

/** What a check is made against. */
export interface CheckOptions {
  /** What the host can run; everything where nothing is said. */
  readonly capabilities?: Capabilities;
}

/**
 * Checks a parsed document: its shape first, and, where the shape is right, every rule. Never throws on any JSON. One mistake in the shape gives one diagnostic, since the rules,
 * which would stumble over it again, wait until the shape is right.
 */
export function check(document: Json, positions: Positions, options: CheckOptions = {}): readonly Diagnostic[] {
  const shape = checkShape(document);
  if (shape.findings.length > 0) return sortDiagnostics(shape.findings.map((finding) => positions.place(finding)));
  // A value without findings has the shape of a workflow document: that is what the shape check promises.
  const context = new RuleContext(document as unknown as WorkflowDocument, shape.sites, options.capabilities ?? allCapabilities);
  const diagnostics = rules.flatMap((rule) => [...rule.find(context)].map((finding) => positions.place({ ...finding, code: rule })));
  return sortDiagnostics(diagnostics);
}
