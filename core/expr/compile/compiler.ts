import type { JsonObject } from "../../lib/json.ts";
import { didYouMean } from "../../lib/did-you-mean.ts";
import { builtinArities, builtinNames, findBuiltin } from "../builtins/index.ts";
import { ExpressionSyntaxError, type SourceSpan } from "../expression-error.ts";
import type { Machine } from "../machine.ts";
import type { Ast } from "../syntax/ast.ts";
import { format } from "../value/format.ts";
import { cellValue, identity, index, iterate, pipe, sliceTerm } from "./access.ts";
import { accumulation } from "./accumulator.ts";
import { assign, modify } from "./assignment.ts";
import { type Loop, bind, bindPatterns, foreach, reduce } from "./binding.ts";
import { Code, constant, single } from "./code.ts";
import { type Binding, type CompileContext, PendingCall, Scope, type UserFunction } from "./context.ts";
import { alternative, attempt, breakOut, comma, conditional, label, logical } from "./flow.ts";
import { callClosure, callFunction, define } from "./functions.ts";
import { binary, collect, construct, interpolate, negate } from "./operators.ts";

/** Compiles syntax trees to closures; one for every expression, because the closures share its budgets. */
export class Compiler implements CompileContext {
  readonly machine: Machine;
  readonly pending = new PendingCall();
  readonly globalNames: readonly string[];
  /** The positions of the globals that compiled code reads. */
  readonly uses = new Set<number>();
  readonly #root = new Scope();
  readonly #definitions = new Map<string, UserFunction>();

  readonly environment: JsonObject;

  constructor(machine: Machine, globalNames: readonly string[], environment: JsonObject) {
    this.machine = machine;
    this.globalNames = globalNames;
    this.environment = environment;
  }

  /** Compiles a whole program. */
  program(ast: Ast): Code {
    return this.compile(ast, this.#root);
  }

  global(name: string): Code | undefined {
    const position = this.globalNames.indexOf(name);
    if (position < 0) return name === "ENV" ? constant(this.environment) : undefined;
    this.uses.add(position);
    const { machine } = this;
    return single(() => machine.globals[position] ?? null, []);
  }

  compile(ast: Ast, scope: Scope): Code {
    const { machine } = this;
    const of = (child: Ast): Code => this.compile(child, scope);
    switch (ast.type) {
      case "identity":
        return identity();
      case "recurse":
        return this.#builtin("recurse", [], ast);
      case "literal":
        return constant(ast.value);
      case "index":
        return index(of(ast.target), of(ast.key), ast.target.type === "identity", ast.optional, machine);
      case "slice": {
        const bound = (child: Ast | undefined): Code => (child ? of(child) : constant(null));
        return sliceTerm(of(ast.target), bound(ast.from), bound(ast.to), ast.optional, machine);
      }
      case "iterate":
        return iterate(of(ast.target), ast.optional, machine);
      case "pipe":
        return pipe(of(ast.left), of(ast.right));
      case "comma":
        return comma(of(ast.left), of(ast.right), machine);
      case "negate":
        return negate(of(ast.operand), machine);
      case "binary":
        return binary(ast.operator, of(ast.left), of(ast.right), machine);
      case "and":
      case "or":
        return logical(of(ast.left), of(ast.right), ast.type === "or");
      case "alternative":
        return alternative(of(ast.left), of(ast.right));
      case "assignment":
        if (ast.operator === "|=") return modify(of(ast.target), ast.target, of(ast.value), machine);
        return assign(ast.operator, of(ast.target), ast.target, of(ast.value), machine);
      case "if":
        return conditional(of(ast.condition), of(ast.consequent), ast.otherwise ? of(ast.otherwise) : identity());
      case "try":
        return attempt(of(ast.body), ast.handler && of(ast.handler), machine);
      case "reduce": {
        const [loop, inner] = this.#loop(ast, scope);
        // With several patterns, an error in the update starts it again: the state must then be untouched.
        const accumulate = ast.patterns.length === 1 ? accumulation(loop, ast.update, inner, this) : undefined;
        return reduce(loop, accumulate, machine);
      }
      case "foreach": {
        const [loop, inner] = this.#loop(ast, scope);
        return foreach(loop, ast.extract && this.compile(ast.extract, inner), machine);
      }
      case "label":
        return label(this.compile(ast.body, scope.with("label", ast.name)), machine);
      case "break":
        return this.#break(ast, ast.name, scope);
      case "as": {
        const binder = bindPatterns(ast.patterns, scope, this);
        return bind(of(ast.source), binder, this.compile(ast.body, binder.scope));
      }
      case "def": {
        const fn: UserFunction = { definition: ast.definition, scope, code: undefined };
        define(fn, this);
        return this.compile(ast.body, scope.withFunction(fn));
      }
      case "call":
        return this.#call(ast, ast.name, ast.args, scope);
      case "variable":
        return this.#variable(ast, ast.name, scope);
      case "object":
        return construct(
          ast.entries.map((entry) => ({ key: of(entry.key), value: of(entry.value) })),
          machine,
        );
      case "array":
        return collect(ast.body && of(ast.body), machine);
      case "string": {
        const write = this.#format(ast, ast.format);
        return interpolate(
          ast.parts.map((part) => (typeof part === "string" ? part : of(part))),
          write,
          machine,
        );
      }
      case "format": {
        const write = this.#format(ast, ast.name);
        return single(write, []);
      }
    }
  }

  #loop(ast: Extract<Ast, { type: "reduce" | "foreach" }>, scope: Scope): readonly [loop: Loop, inner: Scope] {
    const binder = bindPatterns(ast.patterns, scope, this);
    const source = this.compile(ast.source, scope);
    const init = this.compile(ast.init, scope);
    return [{ source, binder, init, update: this.compile(ast.update, binder.scope) }, binder.scope];
  }

  #format(span: SourceSpan, name: string): (value: Parameters<typeof format>[1]) => string {
    const { machine } = this;
    if (!FORMATS.includes(name)) this.#fail(span, `@${name} is not a valid format`, didYouMean(name, FORMATS), "@");
    return (value) => format(name, value, machine);
  }

  #variable(span: SourceSpan, name: string, scope: Scope): Code {
    const binding = scope.find((candidate) => candidate.kind === "value" && candidate.name === name);
    if (binding?.kind === "value") return cellValue(scope.depth - binding.level - 1);
    return (
      this.global(name) ??
      this.#fail(span, `$${name} is not defined`, didYouMean(name, this.#variableNames(scope)), "$")
    );
  }

  #variableNames(scope: Scope): readonly string[] {
    const names = [...this.globalNames];
    scope.find((binding) => {
      if (binding.kind === "value") names.push(binding.name);
      return false;
    });
    return names;
  }

  #break(span: SourceSpan, name: string, scope: Scope): Code {
    const binding = scope.find((candidate) => candidate.kind === "label" && candidate.name === name);
    if (binding?.kind !== "label")
      return this.#fail(
        span,
        `$*label-${name} is not defined`,
        undefined,
        "",
        `write: label $${name} | … break $${name}`,
      );
    return breakOut(scope.depth - binding.level - 1, this.machine);
  }

  #call(span: SourceSpan, name: string, args: readonly Ast[], scope: Scope): Code {
    const binding = scope.find((candidate) => isCallable(candidate, name, args.length));
    if (binding?.kind === "closure") return callClosure(scope.depth - binding.level - 1, this);
    const codes = args.map((arg) => this.compile(arg, scope));
    if (binding?.kind === "function") return callFunction(binding.fn, codes, scope, this);
    const builtin = findBuiltin(name, args.length);
    if (!builtin) return this.#unknownFunction(span, name, args.length, scope);
    if (builtin.kind === "native") return builtin.compile(codes, this);
    return callFunction(
      this.#definition(name, args.length, () => builtin.parse()),
      codes,
      scope,
      this,
    );
  }

  #builtin(name: string, args: readonly Ast[], span: SourceSpan): Code {
    return this.#call(span, name, args, this.#root);
  }

  /** A builtin written in jq, compiled on its first use in this expression. */
  #definition(name: string, arity: number, parse: () => UserFunction["definition"]): UserFunction {
    const id = `${name}/${arity}`;
    const known = this.#definitions.get(id);
    if (known) return known;
    const fn: UserFunction = { definition: parse(), scope: this.#root, code: undefined };
    this.#definitions.set(id, fn);
    define(fn, this);
    return fn;
  }

  #unknownFunction(span: SourceSpan, name: string, arity: number, scope: Scope): never {
    const arities = [...builtinArities(name)];
    scope.find((binding) => {
      if (binding.kind === "function" && binding.name === name) arities.push(binding.arity);
      return false;
    });
    const short = { offset: span.offset, length: name.length };
    const message = `${name}/${arity} is not defined`;
    if (arities.length > 0) {
      const known = [...new Set(arities)].sort((a, b) => a - b).map((count) => (count === 0 ? "none" : String(count)));
      return this.#fail(
        short,
        message,
        undefined,
        "",
        `"${name}" takes ${known.join(" or ")} ${known.at(-1) === "1" ? "argument" : "arguments"}, not ${arity}; arguments are separated by ";"`,
      );
    }
    const names: string[] = [];
    scope.find((binding) => {
      if (binding.kind === "function" || binding.kind === "closure") names.push(binding.name);
      return false;
    });
    return this.#fail(short, message, didYouMean(name, [...names, ...builtinNames()]), "");
  }

  #fail(
    span: SourceSpan,
    message: string,
    suggestion: string | undefined,
    sigil: string,
    hint = suggestion === undefined ? undefined : `did you mean "${sigil}${suggestion}"?`,
  ): never {
    throw new ExpressionSyntaxError(
      message,
      { offset: span.offset, length: span.length },
      hint === undefined ? {} : { hint },
    );
  }
}

const FORMATS: readonly string[] = [
  "text",
  "json",
  "csv",
  "tsv",
  "html",
  "uri",
  "urid",
  "sh",
  "base64",
  "base64d",
  "base32",
  "base32d",
];

function isCallable(binding: Binding, name: string, arity: number): boolean {
  if (binding.name !== name) return false;
  return (binding.kind === "function" && binding.arity === arity) || (binding.kind === "closure" && arity === 0);
}
