import { childPointer } from "../../lib/json-pointer.ts";
import type { Role } from "../../dsl/schema/shape.ts";
import type { RuleContext } from "../rule-context.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const registries = [
  ["authentications", "authentication"],
  ["errors", "error"],
  ["functions", "call"],
  ["retries", "retry"],
  ["timeouts", "timeout"],
] as const satisfies readonly (readonly [string, Role])[];

/** A reusable component that nothing uses. */
export const unusedDefinition: Rule = {
  code: "OW2007",
  name: "unused-definition",
  severity: "warning",
  summary: "An entry of `use` that nothing uses.",
  explanation:
    "The authentication, catalog, error, function, retry policy or timeout is defined but not referred to. Either it is left over, or a reference to it is missing.",
  *find(context) {
    for (const [registry, role] of registries) {
      yield* unused(context, registry, new Set([...context.texts(role)].map(({ value }) => value)));
    }
    const catalogs = [...context.texts("call")].map(({ value }) => value.slice(value.lastIndexOf("@") + 1));
    yield* unused(context, "catalogs", new Set(catalogs));
  },
};

function* unused(
  { document }: RuleContext,
  registry: "catalogs" | (typeof registries)[number][0],
  used: ReadonlySet<string>,
): Iterable<RuleFinding> {
  for (const name of Object.keys(document.use?.[registry] ?? {})) {
    if (!used.has(name))
      yield {
        pointer: childPointer(`/use/${registry}`, name),
        at: "key",
        message: `Nothing uses "${name}" of \`use.${registry}\``,
      };
  }
}
