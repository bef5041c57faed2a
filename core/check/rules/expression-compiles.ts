import { argumentNames, availableVariables, siteNames } from "../available-variables.ts";
import type { ExpressionUse } from "../expression-use.ts";
import type { Rule } from "../rule.ts";

/** Every expression is valid jq and uses only variables and functions that exist where it stands. */
export const expressionCompiles: Rule = {
  code: "OW1110",
  name: "expression-compiles",
  severity: "error",
  summary: "A runtime expression that is not valid.",
  explanation:
    "Expressions are jq. They are compiled when a workflow is applied, so that a mistake does not wait for a run. Besides the syntax, every function and variable must exist: which of `$context`, `$input`, `$output`, `$secrets`, `$authorization`, `$task`, `$workflow`, `$runtime` and `$env` are there depends on the place (for example, `$output` is there only in `export.as`); loop, catch and event variables are there inside their tasks.",
  *find({ expressions }) {
    for (const use of expressions) {
      const { error, pointer } = use;
      if (error === undefined) continue;
      const span = { offset: error.offset, length: Math.max(1, error.length) };
      yield {
        pointer,
        span,
        message: `Cannot compile the expression: ${error.message}`,
        hint: availabilityHint(use) ?? error.hint ?? endHint(error.message),
      };
    }
  },
};

/** At the end nothing stands that could be named, so the remedy has to be. */
function endHint(message: string): string | undefined {
  if (message !== "unexpected end of expression") return undefined;
  return "something is missing at the end: a value after an operator, or what closes a bracket";
}

/** For an argument that exists, but not here. */
function availabilityHint({ error, source, site }: ExpressionUse): string | undefined {
  const name = /^\$(\w+)/u.exec(source.slice(error?.offset ?? 0))?.[1];
  if (name === undefined || !argumentNames.has(name) || availableVariables[site.site].includes(name)) return undefined;
  const known = availableVariables[site.site]
    .filter((variable) => variable !== "secret")
    .map((variable) => `$${variable}`);
  return `in ${siteNames[site.site]} there are ${known.join(", ")}`;
}
