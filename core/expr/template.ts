import type { Json } from "../lib/json.ts";
import type { CompileOptions, EvaluationContext, Expression } from "./expression.ts";

/** How strings without `${}` are read: "strict" takes them as they are, "loose" tries them as expressions first. */
export type TemplateMode = "strict" | "loose";

/** Options of {@link compileTemplate}. */
export interface TemplateOptions extends CompileOptions {
  readonly mode?: TemplateMode;
}

/** A JSON structure whose strings may hold expressions, compiled once. */
export interface Template {
  /** True when nothing in it is an expression: evaluating costs nothing and gives the same frozen value every time. */
  readonly constant: boolean;
  /** The positions of the globals that it reads. */
  readonly uses: ReadonlySet<number>;
  evaluate(input: Json, globals: readonly (Json | undefined)[], context: EvaluationContext): Json;
  /** First-level keys read from a variable by constant names. */
  staticKeys(variable: string): readonly string[];
}

/** Compiles every `${}` in a structure; throws ExpressionSyntaxError with the offset inside the string and the JSON pointer of the string. */
export declare function compileTemplate(value: Json, options: TemplateOptions): Template;

/** Compiles a property that is an expression by itself, with or without `${}` around it (`if`, `when`, `in`, `while`, `from`, `as`). */
export declare function compileBare(source: string, options: CompileOptions): Expression;
