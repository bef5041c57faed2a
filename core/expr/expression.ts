import type { Json } from "../lib/json.ts";
import type { Limits } from "./limits.ts";

export { ExpressionError, ExpressionLimitError, ExpressionSyntaxError } from "./expression-error.ts";
export type { Limits } from "./limits.ts";

/** What an expression is compiled against. */
export interface CompileOptions {
  /** The variables an expression may use, without "$"; the position is the index into the globals of every evaluation. */
  readonly variables: readonly string[];
  /** Budgets other than the defaults. */
  readonly limits?: Partial<Limits>;
}

/** What an evaluation knows of the world outside: nothing but the time of the event that caused it. */
export interface EvaluationContext {
  /** Milliseconds since the epoch; what `now` answers (in seconds). */
  readonly nowMs: number;
}

/**
 * A compiled expression: pure, reusable, safe on any data. Every evaluation throws {@link ExpressionError} for an error of the language and
 * {@link ExpressionLimitError} for an exceeded budget, and nothing else. Input and globals are never changed; outputs may share structure with them.
 */
export interface Expression {
  readonly source: string;
  /** The positions of the globals that the expression reads: a caller needs to build only those. */
  readonly uses: ReadonlySet<number>;
  /** The value by the rule of the workflow language: no output gives null, one gives itself, several give an array of them. */
  value(input: Json, globals: readonly (Json | undefined)[], context: EvaluationContext): Json;
  /** The truthiness of the first output (neither null nor false); false when there is none. */
  test(input: Json, globals: readonly (Json | undefined)[], context: EvaluationContext): boolean;
  /** All outputs in order. */
  all(input: Json, globals: readonly (Json | undefined)[], context: EvaluationContext): Json[];
  /** The first output; the rest is not computed. */
  first(input: Json, globals: readonly (Json | undefined)[], context: EvaluationContext): Json | undefined;
  /** First-level keys read from a variable by constant names, such as `$secrets.token` or `$secrets["token"]`, in order of appearance. */
  staticKeys(variable: string): readonly string[];
}

/**
 * Compiles a jq program to closures; throws ExpressionSyntaxError for anything that is no valid program.
 *
 * @example compileExpression(".items | map(.price) | add", { variables: [] }).value(order, [], { nowMs: 0 })
 */
export declare function compileExpression(source: string, options: CompileOptions): Expression;
