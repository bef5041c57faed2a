import { type Json, isJsonArray, isJsonObject, setKey } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import type { Ast, AssignmentOperator, BinaryOperator } from "../syntax/ast.ts";
import { describe, operate } from "../value/arithmetic.ts";
import { getIndex, setIndex } from "../value/access.ts";
import { isTruthy } from "../value/kind.ts";
import { deleteKeys, deletePaths, getPath, setPath } from "../value/paths.ts";
import { printExcerpt } from "../value/print.ts";
import {
  Break,
  Code,
  type Each,
  type Env,
  GO_ON,
  type One,
  type Path,
  ROOT,
  STOP,
  heightOver,
  pathKeys,
} from "./code.ts";
import { firstOf } from "./flow.ts";

/** The keys of a path that is about to be used; an error where the filter left the paths. */
export function usablePath(path: Path, value: Json, machine: Machine): Json[] {
  if (!path.lost) return pathKeys(path);
  if (Object.is(path.lost.value, value)) return pathKeys(path.lost.path);
  return raise(`Invalid path expression with result ${printExcerpt(value, machine)}`);
}

/** The paths of a filter, as `path(…)` lists them. */
export function listPaths(target: Code, value: Json, env: Env, machine: Machine): Json[][] {
  const paths: Json[][] = [];
  const signal = target.paths(ROOT, value, env, (path, output) => {
    machine.charge(12);
    const keys = usablePath(path, output, machine);
    machine.charge(keys.length);
    paths.push(keys);
    return GO_ON;
  });
  if (signal === STOP) throw new Break(machine.breaking);
  return paths;
}

/** What an update makes of a value; undefined removes it. */
type Update = (value: Json) => Json | undefined;

/** `target |= update`: the first output replaces the value, none deletes it. */
export function modify(target: Code, targetAst: Ast, update: Code, machine: Machine): Code {
  const direct = directUpdate(targetAst, machine);
  const one: One = (value, env) => {
    const run: Update = (old) => firstOf(update, old, env, machine);
    return direct ? (direct(value, run) ?? null) : modifyPaths(target, value, env, run, machine);
  };
  return valueFilter(one, [target, update]);
}

function modifyPaths(target: Code, value: Json, env: Env, update: Update, machine: Machine): Json {
  let result = value;
  const doomed: Json[] = [];
  for (const path of listPaths(target, value, env, machine)) {
    const next = update(getPath(result, path, machine));
    if (next === undefined) doomed.push(path);
    else result = setPath(result, path, next, machine);
  }
  return doomed.length === 0 ? result : deletePaths(result, doomed, machine);
}

/** An update without a list of paths. */
type DirectUpdate = (value: Json, update: Update) => Json | undefined;

/** The direct way for chains of constant keys and `[]`, which cannot overlap: one walk, one copy a container. */
function directUpdate(ast: Ast, machine: Machine): DirectUpdate | undefined {
  if (ast.type === "identity") return (value, update) => update(value);
  if (ast.type === "pipe") {
    const [outer, inner] = [directUpdate(ast.left, machine), directUpdate(ast.right, machine)];
    return outer && inner && ((value, update) => outer(value, (item) => inner(item, update)));
  }
  if (ast.type === "index" && !ast.optional && ast.key.type === "literal" && typeof ast.key.value === "string") {
    const outer = directUpdate(ast.target, machine);
    const key = ast.key.value;
    return outer && ((value, update) => outer(value, (container) => updateKey(container, key, update, machine)));
  }
  if (ast.type === "iterate" && !ast.optional) {
    const outer = directUpdate(ast.target, machine);
    return outer && ((value, update) => outer(value, (container) => updateElements(container, update, machine)));
  }
  return undefined;
}

function updateKey(container: Json, key: string, update: Update, machine: Machine): Json {
  const next = update(getIndex(container, key, machine));
  return next === undefined ? deleteKeys(container, [key], machine) : setIndex(container, key, next, machine);
}

/** `.[] |= update`: what an update makes of every element; undefined removes one. */
export function updateElements(container: Json, update: Update, machine: Machine): Json {
  if (isJsonArray(container)) {
    const items: Json[] = [];
    for (const item of container) {
      machine.charge(2);
      const next = update(item);
      if (next !== undefined) items.push(next);
    }
    return items;
  }
  if (isJsonObject(container)) {
    const fields: Record<string, Json> = {};
    const keys = Object.keys(container);
    machine.chargeKeys(2 * keys.length);
    for (const key of keys) {
      const next = update(container[key] as Json);
      if (next !== undefined) setKey(fields, key, next);
    }
    return fields;
  }
  return raise(`Cannot iterate over ${describe(container, machine)}`);
}

/** `target = value`, `target += value` and the like: the right side is evaluated on the input, once for each of its outputs a result. */
export function assign(
  operator: Exclude<AssignmentOperator, "|=">,
  target: Code,
  targetAst: Ast,
  right: Code,
  machine: Machine,
): Code {
  const direct = directUpdate(targetAst, machine);
  const write = (value: Json, env: Env, operand: Json): Json => {
    const update = updateOf(operator, operand, machine);
    if (direct) return direct(value, update) as Json;
    if (operator !== "=") return modifyPaths(target, value, env, update, machine);
    let result = value;
    for (const path of listPaths(target, value, env, machine)) result = setPath(result, path, operand, machine);
    return result;
  };
  const read = right.one;
  if (read) {
    return valueFilter(
      (value, env) => {
        const operand = read(value, env);
        return operand === undefined ? undefined : write(value, env, operand);
      },
      [target, right],
    );
  }
  const each: Each = (value, env, sink) => right.each(value, env, (operand) => sink(write(value, env, operand)));
  return new Code({ each, height: heightOver(8, target, right) });
}

function updateOf(operator: Exclude<AssignmentOperator, "|=">, operand: Json, machine: Machine): Update {
  if (operator === "=") return () => operand;
  if (operator === "//=") return (old) => (isTruthy(old) ? old : operand);
  const operation = operator.slice(0, -1) as BinaryOperator;
  return (old) => operate(operation, old, operand, machine);
}

function valueFilter(one: One, parts: readonly Code[]): Code {
  const each: Each = (value, env, sink) => {
    const output = one(value, env);
    return output === undefined ? GO_ON : sink(output);
  };
  return new Code({ one, each, height: heightOver(8, ...parts) });
}
