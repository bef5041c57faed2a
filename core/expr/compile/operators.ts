import { type Json, setKey } from "../../lib/json.ts";
import { type Machine, Raise, raise } from "../machine.ts";
import type { BinaryOperator } from "../syntax/ast.ts";
import { add, describe, divide, multiply, operate, remainder, subtract } from "../value/arithmetic.ts";
import { compare, equals } from "../value/compare.ts";
import { kindOf } from "../value/kind.ts";
import { printExcerpt } from "../value/print.ts";
import {
  Break,
  Code,
  type Each,
  GO_ON,
  type One,
  STOP,
  type Signal,
  constant,
  heightOver,
  multiple,
  single,
} from "./code.ts";

type Operation = (left: Json, right: Json) => Json;

/** `left operator right`; of several outputs, the right side's vary slowest. */
export function binary(operator: BinaryOperator, left: Code, right: Code, machine: Machine): Code {
  const [first, second] = [left.one, right.one];
  if (!first || !second) {
    const each: Each = (value, env, sink) =>
      right.each(value, env, (b) => left.each(value, env, (a) => sink(operate(operator, a, b, machine))));
    return multiple(each, [left, right]);
  }
  const folded = fold(operator, left, right, machine);
  if (folded) return folded;
  return single(binaryOne(operator, first, second, right.constant, machine), [left, right]);
}

/** Two constants are computed once; if that fails or grows large, it is left to the evaluation. */
function fold(operator: BinaryOperator, left: Code, right: Code, machine: Machine): Code | undefined {
  if (left.constant === undefined || right.constant === undefined) return undefined;
  if (operator === "*" && (typeof left.constant === "string" || typeof right.constant === "string")) return undefined;
  machine.reset([], 0);
  try {
    return constant(operate(operator, left.constant, right.constant, machine));
  } catch (error) {
    if (error instanceof Raise) return undefined;
    throw error;
  }
}

function binaryOne(
  operator: BinaryOperator,
  left: One,
  right: One,
  rightConstant: Json | undefined,
  machine: Machine,
): One {
  if (typeof rightConstant === "number") {
    const quick = withNumber(operator, left, rightConstant, machine);
    if (quick) return quick;
  }
  const operation = operationOf(operator, machine);
  return (value, env) => {
    const b = right(value, env);
    if (b === undefined) return undefined;
    const a = left(value, env);
    return a === undefined ? undefined : operation(a, b);
  };
}

function operationOf(operator: BinaryOperator, machine: Machine): Operation {
  switch (operator) {
    case "+":
      return (a, b) => (typeof a === "number" && typeof b === "number" ? a + b : add(a, b, machine));
    case "-":
      return (a, b) => subtract(a, b, machine);
    case "*":
      return (a, b) => multiply(a, b, machine);
    case "/":
      return (a, b) => divide(a, b, machine);
    case "%":
      return (a, b) => remainder(a, b, machine);
    case "==":
      return (a, b) => equals(a, b, machine);
    case "!=":
      return (a, b) => !equals(a, b, machine);
    case "<":
      return (a, b) => compare(a, b, machine) < 0;
    case "<=":
      return (a, b) => compare(a, b, machine) <= 0;
    case ">":
      return (a, b) => compare(a, b, machine) > 0;
    case ">=":
      return (a, b) => compare(a, b, machine) >= 0;
  }
}

/** The commonest comparisons and sums, with a number written in the expression. */
function withNumber(operator: BinaryOperator, left: One, number: number, machine: Machine): One | undefined {
  const lift =
    (quick: (a: number) => Json): One =>
    (value, env) => {
      const a = left(value, env);
      if (typeof a === "number" && a === a) return quick(a);
      return a === undefined ? undefined : operate(operator, a, number, machine);
    };
  switch (operator) {
    case "+":
      return lift((a) => a + number);
    case "-":
      return lift((a) => a - number);
    case "*":
      return lift((a) => a * number);
    case "<":
      return lift((a) => a < number);
    case "<=":
      return lift((a) => a <= number);
    case ">":
      return lift((a) => a > number);
    case ">=":
      return lift((a) => a >= number);
    case "==":
      return lift((a) => a === number);
    case "!=":
      return lift((a) => a !== number);
    case "/":
    case "%":
      return undefined;
  }
}

/** `-operand` */
export function negate(operand: Code, machine: Machine): Code {
  const minus = (value: Json): Json =>
    typeof value === "number" ? -value : raise(`${describe(value, machine)} cannot be negated`);
  if (typeof operand.constant === "number") return constant(-operand.constant);
  const run = operand.one;
  if (!run) return multiple((value, env, sink) => operand.each(value, env, (output) => sink(minus(output))), [operand]);
  const one: One = (value, env) => {
    const output = run(value, env);
    return output === undefined ? undefined : minus(output);
  };
  return single(one, [operand]);
}

/** `[body]` */
export function collect(body: Code | undefined, machine: Machine): Code {
  if (!body) return constant([]);
  const run = body.one;
  if (run) {
    return single(
      (value, env) => {
        const output = run(value, env);
        machine.charge(3);
        return output === undefined ? [] : [output];
      },
      [body],
    );
  }
  const one: One = (value, env) => {
    const items: Json[] = [];
    const signal = body.each(value, env, (output) => {
      items.push(output);
      machine.step();
      return GO_ON;
    });
    if (signal === STOP) throw new Break(machine.breaking);
    machine.charge(6);
    return items;
  };
  return single(one, [body]);
}

/** The key and value of one entry of an object construction. */
export interface EntryCode {
  readonly key: Code;
  readonly value: Code;
}

function keyName(key: Json, machine: Machine): string {
  return typeof key === "string"
    ? key
    : raise(`Cannot use ${kindOf(key)} (${printExcerpt(key, machine)}) as object key`);
}

/** `{…}`: one object for every combination of the outputs of keys and values; those of the first entry vary slowest. */
export function construct(entries: readonly EntryCode[], machine: Machine): Code {
  const parts = entries.flatMap((entry) => [entry.key, entry.value]);
  if (parts.length === 0) return constant({});
  if (parts.every((part) => part.one)) return single(constructOne(entries, machine), parts);
  const each: Each = (value, env, sink) => {
    const extend = (index: number, built: Readonly<Record<string, Json>>): Signal => {
      machine.charge(8 + 4 * index);
      const entry = entries[index];
      if (!entry) return sink(built);
      return entry.key.each(value, env, (key) =>
        entry.value.each(value, env, (item) => {
          const next: Record<string, Json> = { ...built };
          setKey(next, keyName(key, machine), item);
          return extend(index + 1, next);
        }),
      );
    };
    return extend(0, {});
  };
  return new Code({ each, height: heightOver(2 + 3 * entries.length, ...parts) });
}

function constructOne(entries: readonly EntryCode[], machine: Machine): One {
  const names = entries.map((entry) => entry.key.constant);
  const values = entries.map((entry) => entry.value.one as One);
  const isPlain = (name: Json | undefined): name is string => typeof name === "string" && name !== "__proto__";
  if (names.every(isPlain)) {
    return (value, env) => {
      const built: Record<string, Json> = {};
      machine.charge(3 + 2 * names.length);
      for (let index = 0; index < names.length; index++) {
        const item = (values[index] as One)(value, env);
        if (item === undefined) return undefined;
        built[names[index] as string] = item;
      }
      return built;
    };
  }
  const keys = entries.map((entry) => entry.key.one as One);
  return (value, env) => {
    const built: Record<string, Json> = {};
    machine.charge(8 + 6 * keys.length);
    for (let index = 0; index < keys.length; index++) {
      const key = (keys[index] as One)(value, env);
      const item = key === undefined ? undefined : (values[index] as One)(value, env);
      if (item === undefined) return undefined;
      setKey(built, keyName(key as Json, machine), item);
    }
    return built;
  };
}

/** `"…\(filter)…"`: the pieces joined, each interpolated output written by the string's format; later interpolations vary slowest. */
export function interpolate(parts: readonly (string | Code)[], write: (value: Json) => string, machine: Machine): Code {
  const codes = parts.filter((part) => typeof part !== "string");
  const join = (text: string, piece: string): string => {
    machine.chargeText(text.length + piece.length);
    return text + piece;
  };
  if (codes.every((code) => code.one)) {
    const one: One = (value, env) => {
      let text = "";
      for (const part of parts) {
        const output = typeof part === "string" ? part : (part.one as One)(value, env);
        if (output === undefined) return undefined;
        text = join(text, typeof part === "string" ? part : write(output));
      }
      return text;
    };
    return single(one, codes);
  }
  const each: Each = (value, env, sink) => {
    const prepend = (index: number, suffix: string): Signal => {
      machine.step();
      const part = parts[index];
      if (part === undefined) return sink(suffix);
      if (typeof part === "string") return prepend(index - 1, join(part, suffix));
      return part.each(value, env, (output) => prepend(index - 1, join(write(output), suffix)));
    };
    return prepend(parts.length - 1, "");
  };
  return new Code({ each, height: heightOver(2 + 3 * parts.length, ...codes) });
}
