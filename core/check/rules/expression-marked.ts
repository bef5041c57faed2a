import { isMarked } from "../expression-use.ts";
import type { Rule } from "../rule.ts";

/** Where an object or an expression may stand, a text is an expression, and is marked as one. */
export const expressionMarked: Rule = {
  code: "OW1111",
  name: "expression-marked",
  severity: "error",
  summary: "A text where an expression in `${ }` is expected.",
  explanation:
    "At this place stands an object, or an expression that yields one. In strict mode, which is the default, an expression here is written in `${ }`; a plain text has no meaning.",
  *find(context) {
    if (context.document.evaluate?.mode === "loose") return;
    for (const { pointer, value } of context.texts("marked-expression")) {
      if (isMarked(value)) continue;
      const hint = /^\s*[.$]/u.test(value) ? `write \${ ${value.trim().slice(0, 60)} }` : undefined;
      yield { pointer, message: "Cannot use a plain text here: it should be an expression in ${ }", hint };
    }
  },
};
