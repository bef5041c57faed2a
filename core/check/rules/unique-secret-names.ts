import type { Rule } from "../rule.ts";

/** A secret is declared once. */
export const uniqueSecretNames: Rule = {
  code: "OW1126",
  name: "unique-secret-names",
  severity: "error",
  summary: "A secret is declared twice.",
  explanation:
    "`use.secrets` lists each secret once. A second entry of the same name is probably meant to be another secret.",
  *find({ document }) {
    const seen = new Set<string>();
    for (const [index, name] of (document.use?.secrets ?? []).entries()) {
      if (seen.has(name))
        yield {
          pointer: `/use/secrets/${index}`,
          message: `Cannot declare the secret "${name}" twice: names should be unique`,
        };
      seen.add(name);
    }
  },
};
