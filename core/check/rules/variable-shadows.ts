import type { Rule } from "../rule.ts";

/** A variable that hides one of the same name from further out. */
export const variableShadows: Rule = {
  code: "OW2003",
  name: "variable-shadows",
  severity: "warning",
  summary: "A variable hides another one of the same name.",
  explanation:
    "Inside this task the variable of the task around it cannot be read any more. Without `each`, `at`, `item` or `as` the names are `item`, `index` and `error`, so nested loops hide each other's variables unless they name them.",
  *find(context) {
    for (const { pointer, value, variables } of context.texts("variable")) {
      if (variables.includes(value))
        yield { pointer, message: `The variable $${value} hides the one of the same name from further out` };
    }
  },
};
