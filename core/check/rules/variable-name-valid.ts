import { argumentNames } from "../available-variables.ts";
import type { Rule } from "../rule.ts";

/** Loop, catch and event variables have names that jq can read, and not those of the arguments. */
export const variableNameValid: Rule = {
  code: "OW1129",
  name: "variable-name-valid",
  severity: "error",
  summary: "A variable name that expressions cannot use.",
  explanation:
    "`each`, `at`, `item` and `as` name variables that expressions read as `$name`: letters, digits and underscores, not starting with a digit, and without the `$`. The names of the specification's own arguments (`context`, `input`, `output`, `secrets`, `authorization`, `task`, `workflow`, `runtime`) and `env` are taken.",
  *find(context) {
    for (const { pointer, value } of context.texts("variable")) {
      if (argumentNames.has(value) || value === "ENV" || value === "__loc__") {
        yield {
          pointer,
          message: `Cannot use "${value}" as a variable: $${value} is already an argument of expressions`,
        };
      } else if (!/^[A-Za-z_]\w*$/u.test(value)) {
        const hint = value.startsWith("$") ? "leave out the `$`" : undefined;
        yield {
          pointer,
          message: `Cannot use "${value.slice(0, 40)}" as a variable: it should be letters, digits and underscores`,
          hint,
        };
      }
    }
  },
};
