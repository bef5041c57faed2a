import { compileExpression, type Expression } from "@stigmer/core/expr/expression.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import type { EventExpressions } from "./event-expressions.ts";

const COMPILED_MAX = 4_096;

/** Event expressions by core's jq: compiled once for each source, errors answered as no value. */
export function jqEventExpressions(nowMs: () => number): EventExpressions {
  const compiled = new Map<string, Expression | undefined>();

  function compile(source: string): Expression | undefined {
    if (compiled.has(source)) return compiled.get(source);
    let expression: Expression | undefined;
    try {
      expression = compileExpression(source, { variables: [] });
    } catch {
      expression = undefined;
    }
    if (compiled.size >= COMPILED_MAX) compiled.clear();
    compiled.set(source, expression);
    return expression;
  }

  function first(source: string, input: Json): Json | undefined {
    try {
      return compile(bare(source))?.first(input, [], { nowMs: nowMs() });
    } catch {
      return undefined;
    }
  }

  return {
    first,
    matches: (pattern, text) => first(`test(${JSON.stringify(`^(?:${pattern})$`)})`, text) === true,
  };
}

function bare(source: string): string {
  const text = source.trim();
  return text.startsWith("${") && text.endsWith("}") ? text.slice(2, -1) : text;
}
