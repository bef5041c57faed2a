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
  const context = new RuleContext(
    document as unknown as WorkflowDocument,
    shape.sites,
    options.capabilities ?? allCapabilities,
  );
  const findings = rules.flatMap((rule) =>
    firstOf(rule.find(context), FINDINGS_MAX).map((finding) => ({ ...finding, code: rule })),
  );
  return sortDiagnostics(findings.map((finding) => positions.place(finding)));
}

/** More findings of one rule are not told, and not looked for. */
const FINDINGS_MAX = 50;

function firstOf<T>(items: Iterable<T>, max: number): readonly T[] {
  const first: T[] = [];
  for (const item of items) {
    first.push(item);
    if (first.length === max) break;
  }
  return first;
}
