import type { Ast } from "../../expr/syntax/ast.ts";
import { typeOfNode } from "../expression-type.ts";
import { nodesOf } from "../expression-use.ts";
import type { Rule } from "../rule.ts";

type BinaryNode = Extract<Ast, { type: "binary" }>;

/** An operation whose sides have types that do not go together. */
export const typeMismatch: Rule = {
  code: "OW2013",
  name: "type-mismatch",
  severity: "warning",
  summary: "An operation on values whose types do not fit.",
  explanation:
    'Both sides are known without running: a text plus a number is an error in jq (convert with `tostring` or write `"\\(.n)"`), and comparing values of different types always gives the same answer.',
  *find({ expressions }) {
    for (const { pointer, syntax } of expressions) {
      for (const node of syntax === undefined ? [] : nodesOf(syntax.tree)) {
        const problem = node.type === "binary" ? problemOf(node) : undefined;
        if (problem === undefined) continue;
        const span = { offset: (syntax?.offset ?? 0) + node.offset, length: Math.max(1, node.length) };
        yield {
          pointer,
          span,
          message: problem,
          hint:
            node.type === "binary" && node.operator === "+"
              ? 'convert with tostring, or write the text as "… \\(value)"'
              : undefined,
        };
      }
    }
  },
};

function problemOf({ operator, left, right }: BinaryNode): string | undefined {
  const from = typeOfNode(left);
  const to = typeOfNode(right);
  if (from === undefined || to === undefined || from === to) return undefined;
  if (operator === "==" || operator === "!=")
    return `This comparison always gives ${operator === "!="}: ${words(from)} never equals ${words(to)}`;
  if (operator.startsWith("<") || operator.startsWith(">"))
    return `This comparison is of ${words(from)} with ${words(to)}: its answer depends on the types only`;
  if (operator === "+" && (from === "null" || to === "null")) return undefined;
  // Texts can be repeated, split and multiplied with numbers and objects; only the sum has no such meanings.
  if (operator === "+" || operator === "-")
    return `This fails at run time: ${words(from)} ${operator === "+" ? "and" : "minus"} ${words(to)} cannot be calculated`;
  return undefined;
}

function words(type: string): string {
  if (type === "null") return "null";
  return type === "object" || type === "array" ? `an ${type}` : `a ${type}`;
}
