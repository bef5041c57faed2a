import type { Json } from "../lib/json.ts";
import type { Code } from "./compile/code.ts";
import { Break, GO_ON, STOP } from "./compile/code.ts";
import { Compiler } from "./compile/compiler.ts";
import { ExpressionError, ExpressionLimitError, ExpressionSyntaxError } from "./expression-error.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { Machine, Raise } from "./machine.ts";
import { staticKeys } from "./static-keys.ts";
import type { Ast } from "./syntax/ast.ts";
import { parseExpression } from "./syntax/parser.ts";
import { isTruthy } from "./value/kind.ts";
import { printExcerpt } from "./value/print.ts";
import { refuseLargeOutput } from "./value/size.ts";

export { ExpressionError, ExpressionLimitError, ExpressionSyntaxError } from "./expression-error.ts";
export type { Limits } from "./limits.ts";
export { parseExpression } from "./syntax/parser.ts";

/** What an expression is compiled against. */
export interface CompileOptions {
  /** The variables an expression may use, without "$"; the position is the index into the globals of every evaluation. */
  readonly variables: readonly string[];
  /** Budgets other than the defaults. */
  readonly limits?: Partial<Limits>;
  /** What `env` and `$ENV` give; empty unless given, because an evaluation depends on nothing outside. */
  readonly environment?: Readonly<Record<string, string>>;
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
export function compileExpression(source: string, options: CompileOptions): Expression {
  const machine = new Machine({ ...DEFAULT_LIMITS, ...options.limits });
  const ast = parseExpression(source);
  const compiler = new Compiler(machine, options.variables, options.environment ?? {});
  const code = compiler.program(ast);
  if (code.height > machine.limits.depth)
    throw new ExpressionSyntaxError("expression is too complex, split it up", { offset: 0, length: source.length });
  return new CompiledExpression(source, ast, code, compiler.uses, machine);
}

class CompiledExpression implements Expression {
  readonly source: string;
  readonly uses: ReadonlySet<number>;
  readonly #ast: Ast;
  readonly #code: Code;
  readonly #machine: Machine;

  constructor(source: string, ast: Ast, code: Code, uses: ReadonlySet<number>, machine: Machine) {
    this.source = source;
    this.uses = uses;
    this.#ast = ast;
    this.#code = code;
    this.#machine = machine;
  }

  value(input: Json, globals: readonly (Json | undefined)[], context: EvaluationContext): Json {
    const { one } = this.#code;
    if (!one) {
      const outputs = this.all(input, globals, context);
      return outputs.length === 1 ? (outputs[0] as Json) : outputs.length === 0 ? null : outputs;
    }
    return this.first(input, globals, context) ?? null;
  }

  test(input: Json, globals: readonly (Json | undefined)[], context: EvaluationContext): boolean {
    return isTruthy(this.#first(input, globals, context) ?? null);
  }

  all(input: Json, globals: readonly (Json | undefined)[], context: EvaluationContext): Json[] {
    const outputs: Json[] = [];
    const machine = this.#machine;
    machine.reset(globals, context.nowMs);
    try {
      this.#code.each(input, null, (output) => {
        machine.step();
        outputs.push(output);
        return GO_ON;
      });
      if (outputs.length > 0) refuseLargeOutput(outputs.length === 1 ? (outputs[0] as Json) : outputs, machine);
    } catch (error) {
      throw outward(error, machine);
    }
    return outputs;
  }

  first(input: Json, globals: readonly (Json | undefined)[], context: EvaluationContext): Json | undefined {
    const output = this.#first(input, globals, context);
    if (output !== null && typeof output === "object") {
      try {
        refuseLargeOutput(output, this.#machine);
      } catch (error) {
        throw outward(error, this.#machine);
      }
    }
    return output;
  }

  #first(input: Json, globals: readonly (Json | undefined)[], context: EvaluationContext): Json | undefined {
    const machine = this.#machine;
    machine.reset(globals, context.nowMs);
    try {
      const { one } = this.#code;
      if (one) return one(input, null);
      let found: Json | undefined;
      this.#code.each(input, null, (output) => {
        found = output;
        return STOP;
      });
      return found;
    } catch (error) {
      throw outward(error, machine);
    }
  }

  staticKeys(variable: string): readonly string[] {
    return staticKeys(this.#ast, variable);
  }
}

/** What a caller sees of an error: the stack of the host counts as depth, so that a host with little of it answers in the same way. */
function outward(error: unknown, machine: Machine): unknown {
  if (error instanceof Raise) return new ExpressionError(messageOf(error.value, machine), error.value);
  if (error instanceof ExpressionLimitError) return error;
  if (error instanceof Break) return new ExpressionError("break", "break");
  if (!(error instanceof RangeError)) return error;
  try {
    return machine.exceeded(
      error.message.includes("string length") || error.message.includes("array length") ? "size" : "depth",
    );
  } catch (limit) {
    return limit;
  }
}

function messageOf(value: Json, machine: Machine): string {
  return typeof value === "string" ? value : `${printExcerpt(value, machine)} (not a string)`;
}
