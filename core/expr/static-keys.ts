import { type Ast, childrenOf } from "./syntax/ast.ts";

/** The first-level keys that an expression reads from a variable by constant names, in order of appearance: `$name.key`, `$name["key"]`, `$name | .key`. */
export function staticKeys(ast: Ast, variable: string): readonly string[] {
  const keys = new Set<string>();
  collect(ast, variable, keys);
  return [...keys];
}

function collect(ast: Ast, variable: string, keys: Set<string>): void {
  if (
    ast.type === "index" &&
    isVariable(ast.target, variable) &&
    ast.key.type === "literal" &&
    typeof ast.key.value === "string"
  )
    keys.add(ast.key.value);
  if (ast.type === "pipe" && isVariable(ast.left, variable)) {
    const key = headKey(ast.right);
    if (key !== undefined) keys.add(key);
  }
  for (const child of childrenOf(ast)) collect(child, variable, keys);
}

function isVariable(ast: Ast, name: string): boolean {
  return ast.type === "variable" && ast.name === name;
}

/** The key a filter reads from its input before anything else. */
function headKey(ast: Ast): string | undefined {
  if (ast.type === "slice" || ast.type === "iterate") return headKey(ast.target);
  if (ast.type === "pipe") return headKey(ast.left);
  if (ast.type === "try") return headKey(ast.body);
  if (ast.type !== "index") return undefined;
  if (ast.target.type !== "identity") return headKey(ast.target);
  return ast.key.type === "literal" && typeof ast.key.value === "string" ? ast.key.value : undefined;
}
