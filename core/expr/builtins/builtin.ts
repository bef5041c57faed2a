import type { Json } from "../../lib/json.ts";
import {
  Code,
  type Each,
  GO_ON,
  type One,
  type Paths,
  type Signal,
  heightOver,
  multiple,
  single,
} from "../compile/code.ts";
import type { CompileContext } from "../compile/context.ts";
import type { Machine } from "../machine.ts";
import type { FunctionDefinition } from "../syntax/ast.ts";

/** A builtin made of closures. */
export interface NativeBuiltin {
  readonly kind: "native";
  readonly name: string;
  readonly arity: number;
  compile(args: readonly Code[], context: CompileContext): Code;
}

/** A builtin written in jq, parsed when an expression first uses it. */
export interface DefinedBuiltin {
  readonly kind: "defined";
  readonly name: string;
  readonly arity: number;
  parse(): FunctionDefinition;
}

export type Builtin = NativeBuiltin | DefinedBuiltin;

/** A builtin with full control over its arguments. */
export function native(
  name: string,
  arity: number,
  compile: (args: readonly Code[], context: CompileContext) => Code,
): NativeBuiltin {
  return { kind: "native", name, arity, compile };
}

/** A builtin without arguments that makes one value of another. */
export function filter(name: string, run: (value: Json, machine: Machine) => Json): NativeBuiltin {
  return native(name, 0, (_args, { machine }) => single((value) => run(value, machine), []));
}

/** A builtin that is given the values of its arguments: every combination once, those of the last argument varying slowest (as for jq's C functions). */
export function operation(
  name: string,
  arity: number,
  run: (value: Json, operands: readonly Json[], machine: Machine) => Json,
): NativeBuiltin {
  return native(name, arity, (args, { machine }) =>
    withOperands(args, "last", (value, operands) => {
      machine.charge(2);
      return run(value, operands, machine);
    }),
  );
}

/** Like {@link operation}, but the first argument's values vary slowest (as for functions with `$` parameters). */
export function valueFunction(
  name: string,
  arity: number,
  run: (value: Json, operands: readonly Json[], machine: Machine) => Json,
): NativeBuiltin {
  return native(name, arity, (args, { machine }) =>
    withOperands(args, "first", (value, operands) => run(value, operands, machine)),
  );
}

/** Applies a function to the input and every combination of the arguments' outputs. */
export function withOperands(
  args: readonly Code[],
  slowest: "first" | "last",
  run: (value: Json, operands: readonly Json[]) => Json,
): Code {
  if (args.every((arg) => arg.one)) return single(oneOperands(args, run), args);
  const order = args.map((_arg, index) => (slowest === "first" ? index : args.length - 1 - index));
  const each: Each = (value, env, sink) => {
    const operands: Json[] = args.map(() => null);
    const take = (step: number): Signal => {
      const position = order[step];
      if (position === undefined) return sink(run(value, [...operands]));
      return (args[position] as Code).each(value, env, (output) => {
        operands[position] = output;
        return take(step + 1);
      });
    };
    return take(0);
  };
  return new Code({ each, height: heightOver(2 + 2 * args.length, ...args) });
}

function oneOperands(args: readonly Code[], run: (value: Json, operands: readonly Json[]) => Json): One {
  const readers = args.map((arg) => arg.one as One);
  const [first] = readers;
  if (first && readers.length === 1) {
    return (value, env) => {
      const operand = first(value, env);
      return operand === undefined ? undefined : run(value, [operand]);
    };
  }
  return (value, env) => {
    const operands: Json[] = [];
    for (const read of readers) {
      const operand = read(value, env);
      if (operand === undefined) return undefined;
      operands.push(operand);
    }
    return run(value, operands);
  };
}

/** A builtin that lets its input through or not; it is a path expression. */
export function selector(name: string, accepts: (value: Json) => boolean): NativeBuiltin {
  return native(name, 0, () =>
    single(
      (value) => (accepts(value) ? value : undefined),
      [],
      () => (path, value, _env, sink) => (accepts(value) ? sink(path, value) : GO_ON),
    ),
  );
}

/** A filter that is not a path expression and gives any number of outputs. */
export function generator(each: Each, parts: readonly Code[], extraHeight = 0, paths?: () => Paths): Code {
  if (extraHeight === 0) return multiple(each, parts, paths);
  return new Code({ each, height: heightOver(2 + extraHeight, ...parts), ...(paths ? { paths } : {}) });
}
