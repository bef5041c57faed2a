import { type Json, isJsonArray, isJsonObject, setKey } from "../../lib/json.ts";
import type { Machine } from "../machine.ts";
import type { Ast, BinaryOperator } from "../syntax/ast.ts";
import { getIndex, setElement, setIndex } from "../value/access.ts";
import { add, copyObject, operate } from "../value/arithmetic.ts";
import { isTruthy } from "../value/kind.ts";
import type { Loop } from "./binding.ts";
import { Break, type Env, GO_ON, type One, STOP } from "./code.ts";
import type { CompileContext, Scope } from "./context.ts";

/*
 * `reduce … ([]; . + [$x])` copies its state at every turn when evaluated by the book, which makes it quadratic. Where the syntax shows that nothing else can hold on to the state, it is
 * copied once, the first time it is changed, and changed in place from then on. The updates known here are `. + value`, `.[key] = value`, `.[key] op= value`, and pipes of them; their
 * parts may read the state, but must not be able to return it whole.
 */

const WRITTEN_FEW = 256;

/** The state while it is being accumulated: `owned` once it is a copy that only the loop knows. */
interface Accumulator {
  state: Json;
  owned: boolean;
  /** The keys written so far: an object that has been given many of them may be large. */
  written: number;
}

/** Changes the state; false means that a part gave no output, so that the update as a whole has none. */
type Change = (accumulator: Accumulator, env: Env) => boolean;

/** The in-place form of a reduction, or undefined where its update is of another kind. */
export function accumulation(
  loop: Loop,
  update: Ast,
  scope: Scope,
  context: CompileContext,
): ((value: Json, env: Env, init: Json) => Json) | undefined {
  const change = changeOf(update, scope, context);
  if (!change) return undefined;
  const { machine } = context;
  return (value, env, init) => {
    const accumulator: Accumulator = { state: init, owned: false, written: 0 };
    const signal = loop.source.each(value, env, (item) =>
      loop.binder.match(item, env, (bindings) => {
        machine.step();
        if (!change(accumulator, bindings)) {
          accumulator.state = null;
          accumulator.owned = false;
        }
        return GO_ON;
      }),
    );
    if (signal === STOP) throw new Break(machine.breaking);
    return accumulator.state;
  };
}

function changeOf(ast: Ast, scope: Scope, context: CompileContext): Change | undefined {
  if (ast.type === "pipe") {
    const [first, second] = [changeOf(ast.left, scope, context), changeOf(ast.right, scope, context)];
    return first && second && ((accumulator, env) => first(accumulator, env) && second(accumulator, env));
  }
  if (ast.type === "binary" && ast.operator === "+" && ast.left.type === "identity")
    return appending(ast.right, scope, context);
  if (
    ast.type === "assignment" &&
    ast.operator !== "|=" &&
    ast.target.type === "index" &&
    ast.target.target.type === "identity" &&
    !ast.target.optional
  ) {
    return writing(ast.operator, ast.target.key, ast.value, scope, context);
  }
  return undefined;
}

/** `. + value` */
function appending(operand: Ast, scope: Scope, context: CompileContext): Change | undefined {
  const read = ownPart(operand, scope, context);
  const { machine } = context;
  return (
    read &&
    ((accumulator, env) => {
      const value = read(accumulator.state, env);
      if (value === undefined) return false;
      const { state } = accumulator;
      if (isJsonArray(state) && isJsonArray(value)) {
        const items = ownArray(accumulator, state, machine);
        machine.charge(1 + value.length / 2);
        for (const item of value) items.push(item);
      } else if (isJsonObject(state) && isJsonObject(value)) {
        const fields = ownObject(accumulator, state, machine);
        const keys = Object.keys(value);
        chargeWrites(accumulator, keys.length, machine);
        for (const key of keys) setKey(fields, key, value[key] as Json);
      } else {
        accumulator.state = add(state, value, machine);
        // Adding to null gives the other side itself, which is not ours.
        accumulator.owned = false;
      }
      return true;
    })
  );
}

/** `.[key] = value` and `.[key] op= value` */
function writing(
  operator: string,
  keyAst: Ast,
  valueAst: Ast,
  scope: Scope,
  context: CompileContext,
): Change | undefined {
  const readKey = ownPart(keyAst, scope, context);
  const readValue = ownPart(valueAst, scope, context);
  const { machine } = context;
  const next = (old: Json, value: Json): Json => {
    if (operator === "=") return value;
    if (operator === "//=") return isTruthy(old) ? old : value;
    return operate(operator.slice(0, -1) as BinaryOperator, old, value, machine);
  };
  return (
    readKey &&
    readValue &&
    ((accumulator, env) => {
      const { state } = accumulator;
      const value = readValue(state, env);
      const key = value === undefined ? undefined : readKey(state, env);
      if (value === undefined) return false;
      // No key is no path: nothing is written.
      if (key === undefined) return true;
      const item = next(operator === "=" ? null : getIndex(state, key, machine), value);
      if (isJsonObject(state) && typeof key === "string") {
        chargeWrites(accumulator, 1, machine);
        setKey(ownObject(accumulator, state, machine), key, item);
      } else if (isJsonArray(state) && typeof key === "number") {
        setElement(ownArray(accumulator, state, machine), key, item, machine);
      } else {
        // Reading first gives jq's error for a key of the wrong kind; null becomes a container that is ours.
        getIndex(state, key, machine);
        accumulator.state = setIndex(state, key, item, machine);
        accumulator.owned = true;
      }
      return true;
    })
  );
}

/** Pays for writing keys: those of a large object are dear. */
function chargeWrites(accumulator: Accumulator, count: number, machine: Machine): void {
  accumulator.written += count;
  machine.chargeKeys(count);
  if (accumulator.written > WRITTEN_FEW) machine.charge(12 * count);
}

function ownArray(accumulator: Accumulator, state: readonly Json[], machine: Machine): Json[] {
  if (accumulator.owned) return state as Json[];
  machine.chargeElements(state.length);
  const copy = state.slice();
  accumulator.state = copy;
  accumulator.owned = true;
  return copy;
}

function ownObject(
  accumulator: Accumulator,
  state: Readonly<Record<string, Json>>,
  machine: Machine,
): Record<string, Json> {
  if (accumulator.owned) return state;
  const copy = copyObject(state, machine);
  accumulator.state = copy;
  accumulator.owned = true;
  return copy;
}

/** A part of an update that gives at most one output and can never give the state itself. */
function ownPart(ast: Ast, scope: Scope, context: CompileContext): One | undefined {
  const isBuiltin = (name: string): boolean =>
    scope.find((binding) => binding.name === name && binding.kind !== "value") === undefined;
  return isDetached(ast, isBuiltin) ? context.compile(ast, scope).one : undefined;
}

/** Builtins whose result is a scalar or a new container of scalars, whatever their input. */
const SCALAR_RESULT: ReadonlySet<string> = new Set([
  "length",
  "keys",
  "type",
  "tostring",
  "tojson",
  "tonumber",
  "not",
  "has",
  "floor",
  "now",
  "ascii_downcase",
  "ascii_upcase",
]);

/** Tells whether the output of a filter cannot be, or contain, its input. */
function isDetached(ast: Ast, isBuiltin: (name: string) => boolean): boolean {
  const detached = (part: Ast): boolean => isDetached(part, isBuiltin);
  // An element of the state is another value: reading below the state is as good as reading something else.
  const reading = (part: Ast): boolean => part.type === "identity" || detached(part);
  switch (ast.type) {
    case "literal":
    case "variable":
    case "and":
    case "or":
    case "string":
    case "format":
    case "negate":
      return true;
    case "index":
      return ast.key.type === "literal"
        ? ast.key.value !== null && typeof ast.key.value !== "object" && reading(ast.target)
        : reading(ast.target);
    case "pipe":
      return detached(ast.left);
    case "binary":
      return ["==", "!=", "<", "<=", ">", ">="].includes(ast.operator) || (detached(ast.left) && detached(ast.right));
    case "alternative":
      return detached(ast.left) && detached(ast.right);
    case "if":
      return detached(ast.consequent) && ast.otherwise !== undefined && detached(ast.otherwise);
    case "array":
      return ast.body === undefined || detached(ast.body);
    case "object":
      return ast.entries.every((entry) => detached(entry.value));
    case "call":
      return SCALAR_RESULT.has(ast.name) && isBuiltin(ast.name);
    case "identity":
    case "recurse":
    case "slice":
    case "iterate":
    case "comma":
    case "assignment":
    case "try":
    case "reduce":
    case "foreach":
    case "label":
    case "break":
    case "as":
    case "def":
      return false;
  }
}
