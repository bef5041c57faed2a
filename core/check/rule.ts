import type { DiagnosticCode, Finding } from "../dsl/diagnostic/diagnostic.ts";
import type { RuleContext } from "./rule-context.ts";

/** A finding of a rule; the code is the rule's own. */
export type RuleFinding = Omit<Finding, "code">;

/** One check of a document whose shape is right. Rules do not know each other; a rule never throws on any document of the right shape. */
export interface Rule extends DiagnosticCode {
  find(context: RuleContext): Iterable<RuleFinding>;
}
