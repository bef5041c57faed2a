import type { Rule } from "../rule.ts";

/** Expressions are jq. */
export const expressionLanguageSupported: Rule = {
  code: "OW1121",
  name: "expression-language-supported",
  severity: "error",
  summary: "An expression language that is not supported.",
  explanation:
    "`evaluate.language` is `jq`, the default of the specification. Other languages are optional in the specification and not available here.",
  *find({ document }) {
    const { language = "jq" } = document.evaluate ?? {};
    if (language !== "jq")
      yield {
        pointer: "/evaluate/language",
        message: `Cannot evaluate expressions in "${language.slice(0, 60)}": the language should be jq`,
      };
  },
};
