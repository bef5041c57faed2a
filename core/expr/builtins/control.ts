import { type Json, isJsonArray } from "../../lib/json.ts";
import { iterate, identity } from "../compile/access.ts";
import { Break, Code, GO_ON, type Paths, STOP, type Sink, constant, multiple, single } from "../compile/code.ts";
import type { CompileContext } from "../compile/context.ts";
import { Raise, raise } from "../machine.ts";
import { describe } from "../value/arithmetic.ts";
import { isTruthy } from "../value/kind.ts";
import { type Builtin, filter, native } from "./builtin.ts";

function select(condition: Code): Code {
  const paths = (): Paths => (path, value, env, sink) =>
    condition.each(value, env, (outcome) => (isTruthy(outcome) ? sink(path, value) : GO_ON));
  const test = condition.one;
  if (!test)
    return multiple(
      (value, env, sink) => condition.each(value, env, (outcome) => (isTruthy(outcome) ? sink(value) : GO_ON)),
      [condition],
      paths,
    );
  return single(
    (value, env) => {
      const outcome = test(value, env);
      return outcome === undefined || outcome === null || outcome === false ? undefined : value;
    },
    [condition],
    paths,
  );
}

function map(body: Code, { machine }: CompileContext): Code {
  const run = body.one;
  const elements = iterate(identity(), false, machine);
  return single(
    (value, env) => {
      const items: Json[] = [];
      const push: Sink = (output) => {
        items.push(output);
        return GO_ON;
      };
      if (run && isJsonArray(value)) {
        machine.charge(value.length);
        for (const item of value) {
          const output = run(item, env);
          if (output !== undefined) items.push(output);
        }
        return items;
      }
      const signal = elements.each(value, env, (item) => {
        machine.step();
        return body.each(item, env, push);
      });
      if (signal === STOP) throw new Break(machine.breaking);
      return items;
    },
    [body],
  );
}

function haltError(value: Json): never {
  throw new Raise(value);
}

/** The input, after a filter was evaluated on it for its errors only. */
function afterEvaluating(body: Code): Code {
  const paths = (): Paths => (path, value, env, sink) =>
    body.each(value, env, () => GO_ON) === STOP ? STOP : sink(path, value);
  return multiple(
    (value, env, sink) => (body.each(value, env, () => GO_ON) === STOP ? STOP : sink(value)),
    [body],
    paths,
  );
}

/** Choosing, failing, and the outside world, of which nothing is visible. */
export const CONTROL_BUILTINS: readonly Builtin[] = [
  native("empty", 0, () =>
    single(
      () => undefined,
      [],
      () => () => GO_ON,
    ),
  ),
  native("error", 0, () =>
    single(
      (value) => haltError(value),
      [],
      () => (_path, value) => haltError(value),
    ),
  ),
  native("error", 1, ([message]) =>
    multiple((value, env) => (message as Code).each(value, env, (text) => haltError(text)), [message as Code]),
  ),
  native("select", 1, ([condition]) => select(condition as Code)),
  native("map", 1, ([body], context) => map(body as Code, context)),
  // Nothing of the outside world is visible: no input stream, no environment, no terminal, no file.
  filter("input", () => raise("No more inputs")),
  native("inputs", 0, () => single(() => undefined, [])),
  native("env", 0, (_args, { environment }) => constant(environment)),
  filter("input_filename", () => null),
  filter("input_line_number", () => 0),
  filter("get_search_list", () => []),
  native("debug", 0, () => identity()),
  native("debug", 1, ([message]) => afterEvaluating(message as Code)),
  native("stderr", 0, () => identity()),
  native("halt", 0, () => single(() => raise("halt is not available in expressions"), [])),
  native("halt_error", 0, () => single((value) => haltError(value), [])),
  native("halt_error", 1, ([status], { machine }) =>
    multiple(
      (value, env) =>
        (status as Code).each(value, env, (code) =>
          typeof code === "number"
            ? haltError(value)
            : raise(`${describe(value, machine)} halt_error/1: number required`),
        ),
      [status as Code],
    ),
  ),
];
