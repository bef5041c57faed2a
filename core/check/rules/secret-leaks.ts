import type { ExpressionUse } from "../expression-use.ts";
import { nodesOf } from "../expression-use.ts";
import type { RuleContext } from "../rule-context.ts";
import type { Rule } from "../rule.ts";

/** A secret that becomes data of the workflow. */
export const secretLeaks: Rule = {
  code: "OW2005",
  name: "secret-leaks",
  severity: "warning",
  summary: "A secret is put into data.",
  explanation:
    "Outputs, the context, values set by `set`, emitted events and raised errors are stored and shown. A secret in them is shown as a placeholder and sent to nobody, so what is built from it is most likely not what was meant. Use `$secrets` where it is needed: in the arguments of the call.",
  *find(context) {
    for (const use of context.expressions) {
      if (!readsSecrets(use) || !becomesData(use, context)) continue;
      const offset = Math.max(0, use.source.search(/\$secrets?\b/u));
      const length = /^\$secrets?/u.exec(use.source.slice(offset))?.[0].length ?? 1;
      yield {
        pointer: use.pointer,
        span: { offset, length },
        message: "A secret becomes part of the workflow's data here",
      };
    }
  },
};

function readsSecrets(use: ExpressionUse): boolean {
  if (use.staticKeys("secrets").length > 0 || use.staticKeys("secret").length > 0) return true;
  if (use.syntax === undefined) return false;
  return [...nodesOf(use.syntax.tree)].some((node) => node.type === "variable" && /^secrets?$/u.test(node.name));
}

function becomesData({ site, pointer }: ExpressionUse, context: RuleContext): boolean {
  if (["taskOutput", "taskExport", "workflowOutput"].includes(site.site)) return true;
  const owner = context.ownerOf(pointer);
  return (
    owner !== undefined &&
    ["set", "emit", "raise"].includes(owner.property ?? "") &&
    owner.property === owner.visit.kind
  );
}
