import { uriReferenceProblem } from "../../lib/uri-reference.ts";
import { isUriTemplateProblem, parseUriTemplate } from "../../lib/uri-template.ts";
import type { Rule } from "../rule.ts";

/** A URI is a URI, a URI template, or an expression. */
export const uriParses: Rule = {
  code: "OW1115",
  name: "uri-parses",
  severity: "error",
  summary: "A URI that cannot be read.",
  explanation:
    "A URI or URI template (`https://example.com/pets/{petId}`), absolute or relative, or an expression in `${ }` that yields one. White space and other special characters are percent-encoded.",
  *find(context) {
    for (const { pointer, value } of context.texts("uri")) {
      if (value.includes("${")) continue;
      const template = parseUriTemplate(value);
      if (isUriTemplateProblem(template)) {
        yield {
          pointer,
          span: { offset: template.offset, length: 1 },
          message: `Cannot read the URI template "${value.slice(0, 80)}": ${template.problem}`,
        };
        continue;
      }
      const literal = template.map((part) => (typeof part === "string" ? part : "x")).join("");
      const problem = value === "" ? "it is empty" : uriReferenceProblem(literal);
      if (problem !== undefined) yield { pointer, message: `Cannot read the URI "${value.slice(0, 80)}": ${problem}` };
    }
  },
};
