import { type Json, isJsonArray, isJsonObject, setKey } from "../lib/json.ts";
import { childPointer } from "../lib/json-pointer.ts";
import {
  type CompileOptions,
  type EvaluationContext,
  type Expression,
  ExpressionError,
  ExpressionSyntaxError,
  compileExpression,
} from "./expression.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { Machine } from "./machine.ts";
import { type Segment, segmentsOf } from "./syntax/segments.ts";
import { print } from "./value/print.ts";

/**
 * How strings without `${}` are read. "strict" takes them as they are. "loose" (the specification's `evaluate.mode: loose`) takes every string as an expression, and as itself where it is
 * none or fails.
 */
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
  /** The structure with every expression replaced by its value; throws what {@link Expression} throws, an ExpressionError with the pointer of the string. */
  evaluate(input: Json, globals: readonly (Json | undefined)[], context: EvaluationContext): Json;
  /** First-level keys read from a variable by constant names. */
  staticKeys(variable: string): readonly string[];
}

/** How deep a structure may nest. */
const DEPTH_MAX = 64;

type Evaluate = Template["evaluate"];

/**
 * Compiles every `${}` in a structure; throws ExpressionSyntaxError with the offset inside the string and the JSON pointer of the string. A string that is one `${}` and nothing else but
 * white space becomes a value of any type; inside a longer text a string is inserted as it is, null as nothing, everything else as JSON. `\${` stands for `${`.
 */
export function compileTemplate(value: Json, options: TemplateOptions): Template {
  const compiler = new TemplateCompiler(options);
  const evaluate = compiler.node(value, "", 0);
  if (evaluate) return new CompiledTemplate(false, compiler.expressions, evaluate);
  const frozen = frozenCopy(value);
  return new CompiledTemplate(true, [], () => frozen);
}

/** Compiles a property that is an expression by itself, with or without `${}` around it (`if`, `when`, `in`, `while`, `from`, `as`). */
export function compileBare(source: string, options: CompileOptions): Expression {
  const segments = source.trim().startsWith("${") ? segmentsOf(source) : [];
  const [only] = segments.filter((segment) => segment.kind === "expression" || segment.text.trim() !== "");
  const isWhole =
    only?.kind === "expression" && segments.every((segment) => segment === only || segment.text.trim() === "");
  return isWhole ? compileAt(only, options, undefined) : compileExpression(source, options);
}

function compileAt(segment: Segment, options: CompileOptions, pointer: string | undefined): Expression {
  try {
    if (segment.text.trim() === "")
      throw new ExpressionSyntaxError(
        "expression is empty",
        { offset: 0, length: segment.text.length },
        { hint: "write . for the whole input" },
      );
    return compileExpression(segment.text, options);
  } catch (error) {
    throw located(error, segment.offset, pointer);
  }
}

/** The same syntax error, seen from the whole string and structure. */
function located(error: unknown, shift: number, pointer: string | undefined): unknown {
  if (!(error instanceof ExpressionSyntaxError)) return error;
  const details = {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(pointer === undefined ? {} : { pointer }),
  };
  return new ExpressionSyntaxError(error.message, { offset: error.offset + shift, length: error.length }, details);
}

class CompiledTemplate implements Template {
  readonly constant: boolean;
  readonly uses: ReadonlySet<number>;
  readonly evaluate: Evaluate;
  readonly #expressions: readonly Expression[];

  constructor(constant: boolean, expressions: readonly Expression[], evaluate: Evaluate) {
    this.constant = constant;
    this.#expressions = expressions;
    this.uses = new Set(expressions.flatMap((expression) => [...expression.uses]));
    this.evaluate = evaluate;
  }

  staticKeys(variable: string): readonly string[] {
    return [...new Set(this.#expressions.flatMap((expression) => expression.staticKeys(variable)))];
  }
}

/** Compiles the nodes of a structure; a node without expressions compiles to undefined. */
class TemplateCompiler {
  readonly expressions: Expression[] = [];
  readonly #options: TemplateOptions;
  readonly #printer: Machine;

  constructor(options: TemplateOptions) {
    this.#options = options;
    this.#printer = new Machine({ ...DEFAULT_LIMITS, ...options.limits });
  }

  node(value: Json, pointer: string, depth: number): Evaluate | undefined {
    if (depth > DEPTH_MAX)
      throw new ExpressionSyntaxError(
        `Cannot compile the structure: it is nested more than ${DEPTH_MAX} levels deep`,
        { offset: 0, length: 0 },
        { pointer },
      );
    if (typeof value === "string") return this.#text(value, pointer);
    if (isJsonArray(value)) return this.#array(value, pointer, depth);
    return isJsonObject(value) ? this.#object(value, pointer, depth) : undefined;
  }

  #array(items: readonly Json[], pointer: string, depth: number): Evaluate | undefined {
    const parts = items.map((item, index) => this.node(item, childPointer(pointer, index), depth + 1));
    if (parts.every((part) => part === undefined)) return undefined;
    const fixed = items.map((item, index) => (parts[index] ? null : frozenCopy(item)));
    return (input, globals, context) =>
      parts.map((part, index) => (part ? part(input, globals, context) : (fixed[index] as Json)));
  }

  #object(fields: Readonly<Record<string, Json>>, pointer: string, depth: number): Evaluate | undefined {
    const parts = Object.keys(fields).map((key) => {
      const item = fields[key] as Json;
      const evaluate = this.node(item, childPointer(pointer, key), depth + 1);
      return { key, evaluate, fixed: evaluate ? null : frozenCopy(item) };
    });
    if (parts.every((part) => part.evaluate === undefined)) return undefined;
    return (input, globals, context) => {
      const result: Record<string, Json> = {};
      for (const part of parts)
        setKey(result, part.key, part.evaluate ? part.evaluate(input, globals, context) : part.fixed);
      return result;
    };
  }

  #text(source: string, pointer: string): Evaluate | undefined {
    const segments = this.#segments(source, pointer);
    const whole = wholeExpression(segments);
    if (whole) return this.#expression(whole, pointer);
    if (segments.some((segment) => segment.kind === "expression")) return this.#interpolation(segments, pointer);
    const text = segments.map((segment) => segment.text).join("");
    if (this.#options.mode === "loose") return this.#loose(text, pointer);
    // An escape alone makes the text differ from its source.
    return text === source ? undefined : () => text;
  }

  #segments(source: string, pointer: string): readonly Segment[] {
    try {
      return segmentsOf(source);
    } catch (error) {
      throw located(error, 0, pointer);
    }
  }

  #expression(segment: Segment, pointer: string): Evaluate {
    const expression = compileAt(segment, this.#options, pointer);
    this.expressions.push(expression);
    return this.#evaluation(expression, segment.text.trim(), pointer);
  }

  /** Evaluating with the pointer in errors; in loose mode a failure gives the expression's own text. */
  #evaluation(expression: Expression, text: string, pointer: string): Evaluate {
    const isLoose = this.#options.mode === "loose";
    return (input, globals, context) => {
      try {
        return expression.value(input, globals, context);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        if (isLoose) return text;
        throw new ExpressionError(error.message, error.value, pointer);
      }
    };
  }

  #interpolation(segments: readonly Segment[], pointer: string): Evaluate {
    const parts = segments.map((segment) =>
      segment.kind === "expression" ? this.#expression(segment, pointer) : segment.text,
    );
    const printer = this.#printer;
    return (input, globals, context) => {
      printer.reset([], 0);
      let text = "";
      for (const part of parts) {
        text += typeof part === "string" ? part : inserted(part(input, globals, context), printer);
        printer.chargeText(text.length);
      }
      return text;
    };
  }

  /** A string without `${}` in loose mode: an expression if it compiles, else itself. */
  #loose(source: string, pointer: string): Evaluate | undefined {
    try {
      const expression = compileExpression(source, this.#options);
      if (source.trim() === "") return undefined;
      this.expressions.push(expression);
      return this.#evaluation(expression, source, pointer);
    } catch (error) {
      if (error instanceof ExpressionSyntaxError) return undefined;
      throw error;
    }
  }
}

/** The one expression that is a whole string, white space around it aside. */
function wholeExpression(segments: readonly Segment[]): Segment | undefined {
  const telling = segments.filter((segment) => segment.kind === "expression" || segment.text.trim() !== "");
  return telling.length === 1 && telling[0]?.kind === "expression" ? telling[0] : undefined;
}

function inserted(value: Json, printer: Machine): string {
  if (value === null) return "";
  return typeof value === "string" ? value : print(value, printer);
}

function frozenCopy(value: Json): Json {
  if (isJsonArray(value)) return Object.freeze(value.map(frozenCopy));
  if (!isJsonObject(value)) return value;
  const copy: Record<string, Json> = {};
  for (const key of Object.keys(value)) setKey(copy, key, frozenCopy(value[key] as Json));
  return Object.freeze(copy);
}
