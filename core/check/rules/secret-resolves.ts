import { didYouMean } from "../../lib/did-you-mean.ts";
import type { Rule } from "../rule.ts";

/** Every secret that is used is declared, so that a run can be given exactly the secrets it needs. */
export const secretResolves: Rule = {
  code: "OW1108",
  name: "secret-resolves",
  severity: "error",
  summary: "A secret is used that `use.secrets` does not declare.",
  explanation:
    "A workflow gets only the secrets it declares in `use.secrets`; the others are not visible to it. Declare the secret, or correct its name.",
  *find(context) {
    const secrets = context.document.use?.secrets ?? [];
    const hintFor = (name: string): string => {
      const meant = didYouMean(name, secrets);
      return meant === undefined ? `add "${name}" to \`use.secrets\`` : `did you mean "${meant}"?`;
    };
    for (const { pointer, value } of context.texts("secret")) {
      if (!secrets.includes(value))
        yield {
          pointer,
          message: `Cannot find the secret "${value}": it is not declared in \`use.secrets\``,
          hint: hintFor(value),
        };
    }
    for (const use of context.expressions) {
      for (const variable of ["secrets", "secret"]) {
        for (const name of new Set(use.staticKeys(variable))) {
          if (secrets.includes(name)) continue;
          const offset = use.source.indexOf(name, use.source.indexOf(`$${variable}`));
          const span = offset < 0 ? {} : { span: { offset, length: name.length } };
          yield {
            pointer: use.pointer,
            ...span,
            message: `Cannot find the secret "${name}": it is not declared in \`use.secrets\``,
            hint: hintFor(name),
          };
        }
      }
    }
  },
};
