import { constant, single } from "../compile/code.ts";
import { ARRAY_BUILTINS } from "./arrays.ts";
import { type Builtin, native } from "./builtin.ts";
import { CONTROL_BUILTINS } from "./control.ts";
import { DATE_BUILTINS } from "./dates.ts";
import { DEFINED_BUILTINS } from "./definitions.ts";
import { GENERATOR_BUILTINS } from "./generators.ts";
import { MATH_BUILTINS } from "./math.ts";
import { OBJECT_BUILTINS } from "./objects.ts";
import { OUTPUT_BUILTINS } from "./outputs.ts";
import { PATH_BUILTINS } from "./paths.ts";
import { REGEX_BUILTINS } from "./regex.ts";
import { TEXT_BUILTINS } from "./text.ts";
import { TYPE_BUILTINS } from "./type-functions.ts";

let table: ReadonlyMap<string, Builtin> | undefined;

/** Made at the first use, so that loading the module costs next to nothing. */
function builtinTable(): ReadonlyMap<string, Builtin> {
  table ??= new Map(
    [
      ...CONTROL_BUILTINS,
      ...GENERATOR_BUILTINS,
      ...OUTPUT_BUILTINS,
      ...TYPE_BUILTINS,
      ...MATH_BUILTINS,
      ...TEXT_BUILTINS,
      ...REGEX_BUILTINS,
      ...ARRAY_BUILTINS,
      ...OBJECT_BUILTINS,
      ...PATH_BUILTINS,
      ...DATE_BUILTINS,
      ...DEFINED_BUILTINS,
      native("builtins", 0, () =>
        single(() => signatures().filter((signature) => !signature.startsWith("_")), [constant(null)]),
      ),
    ].map((builtin) => [`${builtin.name}/${builtin.arity}`, builtin]),
  );
  return table;
}

/** Every builtin as `name/arity`, as `builtins` lists them. */
export function signatures(): readonly string[] {
  return [...builtinTable().keys()];
}

/** The builtin of a name and number of arguments. */
export function findBuiltin(name: string, arity: number): Builtin | undefined {
  return builtinTable().get(`${name}/${arity}`);
}

/** The names of all builtins, for suggestions. */
export function builtinNames(): readonly string[] {
  return [...new Set(signatures().map((signature) => signature.split("/")[0] as string))];
}

/** The numbers of arguments that the builtins of a name take. */
export function builtinArities(name: string): readonly number[] {
  return signatures()
    .filter((signature) => signature.split("/")[0] === name)
    .map((signature) => Number(signature.split("/")[1]));
}
