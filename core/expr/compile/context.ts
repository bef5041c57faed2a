import type { Machine } from "../machine.ts";
import type { Ast, FunctionDefinition } from "../syntax/ast.ts";
import type { Code, Env } from "./code.ts";
import type { Json, JsonObject } from "../../lib/json.ts";

/** A function written in jq, compiled once where it is defined. */
export interface UserFunction {
  readonly definition: FunctionDefinition;
  /** The scope around the definition; its depth says which part of the bindings a call starts from. */
  readonly scope: Scope;
  /** The body; absent while it is being compiled, so that a call met then is known to be recursive. */
  code: Code | undefined;
}

/** A name and what it stands for; `level` is the position of its cell, counted from the outermost. */
export type Binding =
  | { readonly kind: "value"; readonly name: string; readonly level: number }
  | { readonly kind: "closure"; readonly name: string; readonly level: number }
  | { readonly kind: "label"; readonly name: string; readonly level: number }
  | { readonly kind: "function"; readonly name: string; readonly arity: number; readonly fn: UserFunction };

/** The names visible at a place of the source: an immutable list, innermost first. */
export class Scope {
  readonly binding: Binding | undefined;
  readonly outer: Scope | undefined;
  /** The number of cells that bindings have here at run time. */
  readonly depth: number;

  constructor(binding?: Binding, outer?: Scope, depth = 0) {
    this.binding = binding;
    this.outer = outer;
    this.depth = depth;
  }

  /** The scope with one more cell for a variable, parameter or label. */
  with(kind: "value" | "closure" | "label", name: string): Scope {
    return new Scope({ kind, name, level: this.depth }, this, this.depth + 1);
  }

  /** The scope with one more function; functions need no cell. */
  withFunction(fn: UserFunction): Scope {
    const { name, parameters } = fn.definition;
    return new Scope({ kind: "function", name, arity: parameters.length, fn }, this, this.depth);
  }

  /** The innermost binding that satisfies a condition. */
  find(matches: (binding: Binding) => boolean): Binding | undefined {
    if (!this.binding || matches(this.binding)) return this.binding;
    return this.outer?.find(matches);
  }
}

/** The call that a function in tail position leaves to its caller. */
export class PendingCall {
  code: Code | undefined;
  value: Json = null;
  env: Env = null;
}

/** What the parts of the compiler need from each other. */
export interface CompileContext {
  readonly machine: Machine;
  readonly pending: PendingCall;
  compile(ast: Ast, scope: Scope): Code;
  /** The code that reads a variable of the caller, or undefined for an unknown name. */
  global(name: string): Code | undefined;
  /** What `env` and `$ENV` give. */
  readonly environment: JsonObject;
  /** Names a caller might have meant. */
  readonly globalNames: readonly string[];
}
