import { type Json } from "../../lib/json.ts";
import { index, iterate, identity } from "../compile/access.ts";
import {
  Break,
  Code,
  type Each,
  GO_ON,
  type Path,
  type Paths,
  STOP,
  type Signal,
  constant,
  single,
} from "../compile/code.ts";
import type { CompileContext } from "../compile/context.ts";
import { firstOf } from "../compile/flow.ts";
import { type Machine, raise } from "../machine.ts";
import { describe } from "../value/arithmetic.ts";
import { compare } from "../value/compare.ts";
import { isTruthy } from "../value/kind.ts";
import { type Builtin, generator, native } from "./builtin.ts";

/** `limit(count; body)` for one value of the count; nothing beyond the last output is computed. */
function limited(count: Json, each: (sink: () => Signal) => Signal, machine: Machine): Signal {
  let left = checkedCount(count, "limit", machine);
  if (left <= 0) return GO_ON;
  let isFull = false;
  const signal = each(() => {
    machine.step();
    left--;
    isFull = left <= 0;
    return isFull ? STOP : GO_ON;
  });
  return isFull ? GO_ON : signal;
}

/** The count of `limit` and `skip`: jq compares it with zero and counts down, so that it may be a fraction. */
function checkedCount(count: Json, name: string, machine: Machine): number {
  if (typeof count !== "number")
    return count === null || typeof count === "boolean"
      ? raise(`${name} doesn't support negative count`)
      : raise(`${describe(count, machine)} and number (1) cannot be subtracted`);
  return count < 0 || count !== count ? raise(`${name} doesn't support negative count`) : count;
}

function limit([count, body]: readonly Code[], { machine }: CompileContext): Code {
  const [number, source] = [count as Code, body as Code];
  const stopAfter = (outcome: Signal, own: Signal): Signal => (outcome === STOP ? STOP : own);
  const each: Each = (value, env, sink) =>
    number.each(value, env, (amount) => {
      let outer: Signal = GO_ON;
      const signal = limited(
        amount,
        (next) =>
          source.each(value, env, (output) => {
            outer = sink(output);
            return stopAfter(outer, next());
          }),
        machine,
      );
      return outer === STOP ? STOP : signal;
    });
  const paths = (): Paths => (path, value, env, sink) =>
    number.each(value, env, (amount) => {
      let outer: Signal = GO_ON;
      const signal = limited(
        amount,
        (next) =>
          source.paths(path, value, env, (at, output) => {
            outer = sink(at, output);
            return stopAfter(outer, next());
          }),
        machine,
      );
      return outer === STOP ? STOP : signal;
    });
  return generator(each, [number, source], 4, paths);
}

function skip([count, body]: readonly Code[], { machine }: CompileContext): Code {
  const [number, source] = [count as Code, body as Code];
  const each: Each = (value, env, sink) =>
    number.each(value, env, (amount) => {
      let left = checkedCount(amount, "skip", machine);
      return source.each(value, env, (output) => (left-- > 0 ? GO_ON : sink(output)));
    });
  const paths = (): Paths => (path, value, env, sink) =>
    number.each(value, env, (amount) => {
      let left = checkedCount(amount, "skip", machine);
      return source.paths(path, value, env, (at, output) => (left-- > 0 ? GO_ON : sink(at, output)));
    });
  return generator(each, [number, source], 2, paths);
}

function first(body: Code, { machine }: CompileContext): Code {
  const paths = (): Paths => (path, value, env, sink) => {
    let found: { readonly at: Path; readonly output: Json } | undefined;
    const signal = body.paths(path, value, env, (at, output) => {
      found = { at, output };
      return STOP;
    });
    if (!found) return signal;
    return sink(found.at, found.output);
  };
  return single((value, env) => firstOf(body, value, env, machine), [body], paths);
}

function last(body: Code, { machine }: CompileContext): Code {
  const paths = (): Paths => (path, value, env, sink) => {
    let found: { readonly at: Path; readonly output: Json } | undefined;
    const signal = body.paths(path, value, env, (at, output) => {
      found = { at, output };
      return GO_ON;
    });
    if (signal === STOP || !found) return signal;
    return sink(found.at, found.output);
  };
  return single(
    (value, env) => {
      let found: Json | undefined;
      const signal = body.each(value, env, (output) => {
        found = output;
        return GO_ON;
      });
      if (signal === STOP) throw new Break(machine.breaking);
      return found;
    },
    [body],
    paths,
  );
}

/** `nth(position; body)`: the output at a position, nothing beyond it computed. */
function nth([position, body]: readonly Code[], { machine }: CompileContext): Code {
  const [number, source] = [position as Code, body as Code];
  const check = (wanted: Json): Json =>
    compare(wanted, 0, machine) < 0 ? raise("nth doesn't support negative indices") : wanted;
  const each: Each = (value, env, sink) =>
    number.each(value, env, (wanted) => {
      let left = checkedCount(check(wanted), "skip", machine);
      let found: Json | undefined;
      const signal = source.each(value, env, (output) => {
        if (left-- > 0) return GO_ON;
        found = output;
        return STOP;
      });
      return found === undefined ? signal : sink(found);
    });
  const paths = (): Paths => (path, value, env, sink) =>
    number.each(value, env, (wanted) => {
      let left = checkedCount(check(wanted), "skip", machine);
      let found: { readonly at: Path; readonly output: Json } | undefined;
      const signal = source.paths(path, value, env, (at, output) => {
        if (left-- > 0) return GO_ON;
        found = { at, output };
        return STOP;
      });
      return found ? sink(found.at, found.output) : signal;
    });
  return generator(each, [number, source], 2, paths);
}

/** `any` and `all`: stops at the first output that decides. */
function quantify(source: Code, condition: Code, decisive: boolean, { machine }: CompileContext): Code {
  return single(
    (value, env) => {
      let isDecided = false;
      const signal = source.each(value, env, (item) => {
        machine.step();
        return condition.each(item, env, (outcome) => {
          isDecided = isTruthy(outcome) === decisive;
          return isDecided ? STOP : GO_ON;
        });
      });
      if (signal === STOP && !isDecided) throw new Break(machine.breaking);
      return isDecided === decisive;
    },
    [source, condition],
  );
}

/** Taking some of the outputs of a filter, or asking about them; nothing that is not needed is computed. */
export const OUTPUT_BUILTINS: readonly Builtin[] = [
  native("limit", 2, limit),
  native("skip", 2, skip),
  native("first", 0, (_args, { machine }) => index(identity(), constant(0), true, false, machine)),
  native("last", 0, (_args, { machine }) => index(identity(), constant(-1), true, false, machine)),
  native("nth", 1, ([position], { machine }) => index(identity(), position as Code, true, false, machine)),
  native("first", 1, ([body], context) => first(body as Code, context)),
  native("last", 1, ([body], context) => last(body as Code, context)),
  native("nth", 2, nth),
  native("isempty", 1, ([body], context) => quantify(body as Code, constant(false), false, context)),
  native("any", 0, (_args, context) =>
    quantify(iterate(identity(), false, context.machine), identity(), true, context),
  ),
  native("any", 1, ([condition], context) =>
    quantify(iterate(identity(), false, context.machine), condition as Code, true, context),
  ),
  native("any", 2, ([source, condition], context) => quantify(source as Code, condition as Code, true, context)),
  native("all", 0, (_args, context) =>
    quantify(iterate(identity(), false, context.machine), identity(), false, context),
  ),
  native("all", 1, ([condition], context) =>
    quantify(iterate(identity(), false, context.machine), condition as Code, false, context),
  ),
  native("all", 2, ([source, condition], context) => quantify(source as Code, condition as Code, false, context)),
];
