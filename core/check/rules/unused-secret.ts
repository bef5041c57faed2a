import { nodesOf } from "../expression-use.ts";
import type { RuleContext } from "../rule-context.ts";
import type { Rule } from "../rule.ts";

/** A declared secret that nothing reads. */
export const unusedSecret: Rule = {
  code: "OW2008",
  name: "unused-secret",
  severity: "warning",
  summary: "A secret is declared and never used.",
  explanation:
    "A workflow should be given only the secrets it needs. Remove the declaration, or use the secret. Where `$secrets` is read as a whole, nothing is told, since any secret may be meant.",
  *find(context) {
    const secrets = context.document.use?.secrets ?? [];
    if (secrets.length === 0 || readsAnySecret(context)) return;
    const used = new Set([...context.texts("secret")].map(({ value }) => value));
    for (const use of context.expressions) {
      for (const name of [...use.staticKeys("secrets"), ...use.staticKeys("secret")]) used.add(name);
    }
    for (const [index, name] of secrets.entries()) {
      if (!used.has(name)) yield { pointer: `/use/secrets/${index}`, message: `Nothing uses the secret "${name}"` };
    }
  },
};

/** An expression reads `$secrets` other than by constant names, or could not be compiled. */
function readsAnySecret({ expressions }: RuleContext): boolean {
  return expressions.some((use) => {
    const mentions = use.source.match(/\$secrets?\b/gu)?.length ?? 0;
    if (use.error !== undefined || mentions === 0) return use.error !== undefined;
    if (use.syntax === undefined) return use.staticKeys("secrets").length + use.staticKeys("secret").length === 0;
    const nodes = [...nodesOf(use.syntax.tree)];
    const named = nodes.filter(
      (node) =>
        node.type === "index" &&
        node.target.type === "variable" &&
        /^secrets?$/u.test(node.target.name) &&
        /^(?:literal|string)$/u.test(node.key.type),
    );
    return nodes.filter((node) => node.type === "variable" && /^secrets?$/u.test(node.name)).length > named.length;
  });
}
