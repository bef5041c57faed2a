import { didYouMean } from "../../lib/did-you-mean.ts";
import type { UseDefinition } from "../../dsl/model.ts";
import type { Rule } from "../rule.ts";

const registries = [
  ["authentication", "authentications"],
  ["retry", "retries"],
  ["error", "errors"],
  ["timeout", "timeouts"],
] as const satisfies readonly (readonly [string, keyof UseDefinition])[];

/** A reference to an authentication, a retry policy, an error or a timeout names one that exists. */
export const referenceResolves: Rule = {
  code: "OW1105",
  name: "reference-resolves",
  severity: "error",
  summary: "A reference names something that `use` does not define.",
  explanation:
    "A text in the place of an authentication, a retry policy, an error or a timeout is the name of an entry in `use.authentications`, `use.retries`, `use.errors` or `use.timeouts`. Define the entry, correct the name, or write the definition in place.",
  *find(context) {
    for (const [role, registry] of registries) {
      const names = Object.keys(context.document.use?.[registry] ?? {});
      for (const { pointer, value } of context.texts(role)) {
        if (names.includes(value)) continue;
        const meant = didYouMean(value, names);
        const known =
          names.length === 0
            ? `\`use.${registry}\` defines nothing`
            : `\`use.${registry}\` defines ${names.slice(0, 12).join(", ")}`;
        const message = `Cannot find the ${role} "${value}": it is not defined in \`use.${registry}\``;
        yield { pointer, message, hint: meant === undefined ? known : `did you mean "${meant}"?` };
      }
    }
  },
};
