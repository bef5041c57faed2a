import type { Ast } from "../../expr/syntax/ast.ts";
import { nodesOf } from "../expression-use.ts";
import type { Rule } from "../rule.ts";

const CONDITIONS = new Set(["if", "when", "exceptWhen", "while"]);
const CONSTANT_NODES = new Set<Ast["type"]>([
  "literal",
  "binary",
  "and",
  "or",
  "negate",
  "array",
  "object",
  "comma",
  "alternative",
  "if",
  "string",
]);
const CONSTANT_CALLS = new Set(["true", "false", "null", "not", "empty"]);

/** A condition whose answer is always the same. */
export const constantCondition: Rule = {
  code: "OW2012",
  name: "constant-condition",
  severity: "warning",
  summary: "A condition that reads no data.",
  explanation:
    'The expression of this `if`, `when`, `exceptWhen` or `while` depends on nothing, so it gives the same answer every time. Often a `.` or `$` is missing: `status == "ok"` in quotes compares a text with itself, `.status == "ok"` reads the data.',
  *find({ expressions }) {
    for (const { site, pointer, syntax } of expressions) {
      const property = pointer.slice(pointer.lastIndexOf("/") + 1);
      if (syntax === undefined || site.role !== "expression" || !CONDITIONS.has(property)) continue;
      if ([...nodesOf(syntax.tree)].every(isConstant))
        yield { pointer, message: "This condition reads no data: its answer is always the same" };
    }
  },
};

function isConstant(node: Ast): boolean {
  return CONSTANT_NODES.has(node.type) || (node.type === "call" && CONSTANT_CALLS.has(node.name));
}
