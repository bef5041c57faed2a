import { uriReferenceProblem } from "../../lib/uri-reference.ts";
import { isUriTemplateProblem, parseUriTemplate } from "../../lib/uri-template.ts";
import type { Rule } from "../rule.ts";

/** The type of an error is a URI, by which it can be caught. */
export const errorTypeIsUri: Rule = {
  code: "OW1120",
  name: "error-type-is-uri",
  severity: "error",
  summary: "An error's `type` that is not a URI.",
  explanation:
    "The type of an error is a URI reference (RFC 7807), such as `https://example.com/errors/out-of-stock`, a URI template, such as `https://example.com/errors/{reason}`, or an expression in `${ }`. It need not lead anywhere.",
  *find(context) {
    for (const { pointer, value } of context.texts("error-type")) {
      if (value.includes("${")) continue;
      const problem = value === "" ? "it is empty" : uriTemplateProblem(value);
      if (problem !== undefined)
        yield { pointer, message: `Cannot use "${value.slice(0, 80)}" as the type of an error: ${problem}` };
    }
  },
};

function uriTemplateProblem(value: string): string | undefined {
  const template = parseUriTemplate(value);
  if (isUriTemplateProblem(template)) return template.problem;
  return uriReferenceProblem(template.map((part) => (typeof part === "string" ? part : "x")).join(""));
}
