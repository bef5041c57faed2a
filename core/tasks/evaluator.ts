import { type Expression, type EvaluationContext } from "../expr/expression.ts";
import type { Template } from "../expr/template.ts";
import type { Json, JsonObject } from "../lib/json.ts";

/** Values by position of what an expression reads; see arguments.ts. */
export type Globals = readonly (Json | undefined)[];

/** What evaluates at a place of a run: the part of it that endpoints and policies need. */
export interface Evaluation {
  /** Transformed input. */
  readonly input: Json;
  /** Value of an expression on `data` (default: the transformed input), with variables that only the task itself sees. */
  value(evaluator: Evaluator, data?: Json, variables?: JsonObject): Json;
  /** Requires a secret to be there; throws the authorization fault otherwise. */
  requireSecret(name: string): void;
}

/**
 * An expression, or a structure with expressions in it, compiled at its place in the document. It knows which arguments it reads, so that only those are built. Made by `Scope`.
 */
export interface Evaluator {
  /** The value, where nothing in it is an expression: nothing needs to be evaluated. */
  readonly constant?: Json;
  /** Positions of the globals it reads. */
  readonly needs: readonly number[];
  /** Names by position, the runtime arguments first. */
  readonly names: readonly string[];
  /** Secrets it names: each must be there when it is evaluated. */
  readonly secrets: readonly string[];
  value(input: Json, globals: Globals, context: EvaluationContext): Json;
  /** Truthiness, as predicates have it. */
  test(input: Json, globals: Globals, context: EvaluationContext): boolean;
}

/** What one piece of a document compiled to, and the names it was compiled against. */
export function expressionEvaluator(expression: Expression, names: readonly string[]): Evaluator {
  return {
    needs: [...expression.uses],
    names,
    secrets: [...expression.staticKeys("secrets"), ...expression.staticKeys("secret")],
    value: (input, globals, context) => expression.value(input, globals, context),
    test: (input, globals, context) => expression.test(input, globals, context),
  };
}

/** The same for a structure whose strings may hold expressions. */
export function templateEvaluator(template: Template, names: readonly string[]): Evaluator {
  if (template.constant) return constantEvaluator(template.evaluate(null, [], { nowMs: 0 }));
  return {
    needs: [...template.uses],
    names,
    secrets: [...template.staticKeys("secrets"), ...template.staticKeys("secret")],
    value: (input, globals, context) => template.evaluate(input, globals, context),
    test: (input, globals, context) => isTruthy(template.evaluate(input, globals, context)),
  };
}

/** An evaluator that gives a value of the document as it stands there. */
export function constantEvaluator(constant: Json): Evaluator {
  return { constant, needs: [], names: [], secrets: [], value: () => constant, test: () => isTruthy(constant) };
}

/** jq's truth: everything but null and false. */
export function isTruthy(value: Json): boolean {
  return value !== null && value !== false;
}
