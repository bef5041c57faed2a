import { type Json, isJsonArray, isJsonObject } from "../../lib/json.ts";
import { index, iterate, identity } from "../compile/access.ts";
import {
  Break,
  Code,
  type Each,
  GO_ON,
  type Path,
  type PathSink,
  type Paths,
  STOP,
  type Signal,
  type Sink,
  constant,
  heightOver,
  multiple,
  single,
  Path as PathStep,
} from "../compile/code.ts";
import type { CompileContext } from "../compile/context.ts";
import { firstOf } from "../compile/flow.ts";
import { type Machine, Raise, raise } from "../machine.ts";
import { describe } from "../value/arithmetic.ts";
import { compare } from "../value/compare.ts";
import { isTruthy } from "../value/kind.ts";
import { type Builtin, filter, generator, native } from "./builtin.ts";

/** Stack frames that one turn of a recursive generator takes besides its arguments. */
const TURN_FRAMES = 4;

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
      if (signal === STOP) leaveByBreak(machine);
      return items;
    },
    [body],
  );
}

/** A `break` on its way out of a filter that returns one value. */
function leaveByBreak(machine: Machine): never {
  throw new Break(machine.breaking);
}

/** `recurse`: a value and everything in it, top down, with a stack of its own so that deep values need no JavaScript stack. */
function eachDescendant(root: Json, sink: Sink, machine: Machine): Signal {
  const pending: Json[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    machine.step();
    if (sink(value) === STOP) return STOP;
    const items = isJsonArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
    for (let position = items.length - 1; position >= 0; position--) pending.push(items[position] as Json);
  }
  return GO_ON;
}

/** {@link eachDescendant} with paths. */
export function eachDescendantPath(start: Path, root: Json, sink: PathSink, machine: Machine): Signal {
  const pending: { readonly path: Path; readonly value: Json }[] = [{ path: start, value: root }];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    machine.step();
    const { path, value } = item;
    if (sink(path, value) === STOP) return STOP;
    if (isJsonArray(value)) {
      for (let position = value.length - 1; position >= 0; position--)
        pending.push({ path: new PathStep(path, position), value: value[position] as Json });
    } else if (isJsonObject(value)) {
      const keys = Object.keys(value);
      for (let position = keys.length - 1; position >= 0; position--) {
        const key = keys[position] as string;
        pending.push({ path: new PathStep(path, key), value: value[key] as Json });
      }
    }
  }
  return GO_ON;
}

function recurseAll({ machine }: CompileContext): Code {
  return multiple(
    (value, _env, sink) => eachDescendant(value, sink, machine),
    [],
    () => (path, value, _env, sink) => eachDescendantPath(path, value, sink, machine),
  );
}

/** `recurse(next)`: a value, then the same for every output of `next`; a `next` of one output is a loop. */
function recurse(next: Code, { machine }: CompileContext): Code {
  const cost = next.height + TURN_FRAMES;
  const run = next.one;
  const each: Each = run
    ? (value, env, sink) => {
        for (let current: Json | undefined = value; current !== undefined; current = run(current, env)) {
          machine.step();
          if (sink(current) === STOP) return STOP;
        }
        return GO_ON;
      }
    : (value, env, sink) => {
        const visit: Sink = (current) => {
          machine.step();
          if (sink(current) === STOP) return STOP;
          machine.enter(cost);
          const signal = next.each(current, env, visit);
          machine.leave(cost);
          return signal;
        };
        return visit(value);
      };
  const paths = (): Paths => (path, value, env, sink) => {
    const visit: PathSink = (at, current) => {
      machine.step();
      if (sink(at, current) === STOP) return STOP;
      machine.enter(cost);
      const signal = next.paths(at, current, env, visit);
      machine.leave(cost);
      return signal;
    };
    return visit(path, value);
  };
  return new Code({ each, paths, height: heightOver(TURN_FRAMES, next) });
}

/** `while(condition; update)` and `until(condition; update)` when both give one output. */
function loop(condition: Code, update: Code, kind: "while" | "until", { machine }: CompileContext): Code {
  const [test, next] = [condition.one, update.one];
  const cost = heightOver(TURN_FRAMES + 2, condition, update);
  const isUntil = kind === "until";
  const pathLoop: Paths = (path, value, env, sink) => {
    const visit: PathSink = (at, current) => {
      machine.step();
      machine.enter(cost);
      const signal = condition.each(current, env, (outcome) => {
        if (isTruthy(outcome) === isUntil) return isUntil ? sink(at, current) : GO_ON;
        if (!isUntil && sink(at, current) === STOP) return STOP;
        return update.paths(at, current, env, visit);
      });
      machine.leave(cost);
      return signal;
    };
    return visit(path, value);
  };
  if (isUntil && test && next) {
    return single(
      (value, env) => {
        for (let current: Json | undefined = value; current !== undefined; current = next(current, env)) {
          machine.step();
          const outcome = test(current, env);
          if (outcome === undefined) return undefined;
          if (isTruthy(outcome)) return current;
        }
        return undefined;
      },
      [condition, update],
      () => pathLoop,
    );
  }
  const each: Each = (value, env, sink) => {
    if (test && next) {
      for (let current: Json | undefined = value; current !== undefined; current = next(current, env)) {
        machine.step();
        const outcome = test(current, env);
        if (outcome === undefined || !isTruthy(outcome)) return GO_ON;
        if (sink(current) === STOP) return STOP;
      }
      return GO_ON;
    }
    const visit: Sink = (current) => {
      machine.step();
      machine.enter(cost);
      const signal = condition.each(current, env, (outcome) => {
        if (isTruthy(outcome) === isUntil) return isUntil ? sink(current) : GO_ON;
        if (!isUntil && sink(current) === STOP) return STOP;
        return update.each(current, env, visit);
      });
      machine.leave(cost);
      return signal;
    };
    return visit(value);
  };
  return new Code({ each, paths: () => pathLoop, height: heightOver(TURN_FRAMES + 2, condition, update) });
}

/** `limit(count; body)` for one value of the count; nothing beyond the last output is computed. */
function limited(count: Json, each: (sink: () => Signal) => Signal): Signal {
  let left = checkedCount(count, "limit");
  if (left <= 0) return GO_ON;
  let isFull = false;
  const signal = each(() => {
    left--;
    isFull = left <= 0;
    return isFull ? STOP : GO_ON;
  });
  return isFull ? GO_ON : signal;
}

/** The count of `limit` and `skip`: jq compares it with zero and counts down, so that it may be a fraction. */
function checkedCount(count: Json, name: string): number {
  if (typeof count !== "number")
    return count === null || typeof count === "boolean"
      ? raise(`${name} doesn't support negative count`)
      : raise(`${describe(count)} and number (1) cannot be subtracted`);
  return count < 0 || count !== count ? raise(`${name} doesn't support negative count`) : count;
}

function limit([count, body]: readonly Code[]): Code {
  const [number, source] = [count as Code, body as Code];
  const stopAfter = (outcome: Signal, own: Signal): Signal => (outcome === STOP ? STOP : own);
  const each: Each = (value, env, sink) =>
    number.each(value, env, (amount) => {
      let outer: Signal = GO_ON;
      const signal = limited(amount, (next) =>
        source.each(value, env, (output) => {
          outer = sink(output);
          return stopAfter(outer, next());
        }),
      );
      return outer === STOP ? STOP : signal;
    });
  const paths = (): Paths => (path, value, env, sink) =>
    number.each(value, env, (amount) => {
      let outer: Signal = GO_ON;
      const signal = limited(amount, (next) =>
        source.paths(path, value, env, (at, output) => {
          outer = sink(at, output);
          return stopAfter(outer, next());
        }),
      );
      return outer === STOP ? STOP : signal;
    });
  return generator(each, [number, source], 4, paths);
}

function skip([count, body]: readonly Code[]): Code {
  const [number, source] = [count as Code, body as Code];
  const each: Each = (value, env, sink) =>
    number.each(value, env, (amount) => {
      let left = checkedCount(amount, "skip");
      return source.each(value, env, (output) => (left-- > 0 ? GO_ON : sink(output)));
    });
  const paths = (): Paths => (path, value, env, sink) =>
    number.each(value, env, (amount) => {
      let left = checkedCount(amount, "skip");
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
      if (signal === STOP) leaveByBreak(machine);
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
      let left = checkedCount(check(wanted), "skip");
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
      let left = checkedCount(check(wanted), "skip");
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
      if (signal === STOP && !isDecided) leaveByBreak(machine);
      return isDecided === decisive;
    },
    [source, condition],
  );
}

function range(from: Json, to: Json, sink: Sink, machine: Machine): Signal {
  if (typeof from !== "number" || typeof to !== "number") return raise("Range bounds must be numeric");
  for (let current = from; current < to; current++) {
    machine.step();
    if (sink(current) === STOP) return STOP;
  }
  return GO_ON;
}

function rangeBy(from: Json, to: Json, by: Json, sink: Sink, machine: Machine): Signal {
  if (typeof from !== "number" || typeof to !== "number" || typeof by !== "number")
    return rangeOfAny(from, to, by, sink, machine);
  if (by === 0 || by !== by) return GO_ON;
  for (let current = from; by > 0 ? current < to : current > to; current += by) {
    machine.step();
    if (sink(current) === STOP) return STOP;
  }
  return GO_ON;
}

/** jq defines `range/3` by comparison and addition, so that it also counts in other types. */
function rangeOfAny(from: Json, to: Json, by: Json, sink: Sink, machine: Machine): Signal {
  const direction = compare(by, 0, machine);
  if (direction === 0) return GO_ON;
  if (typeof from !== "number" || typeof by !== "number")
    return raise(`${describe(from)} and ${describe(by)} cannot be added`);
  for (let current = from; compare(current, to, machine) * direction < 0; current += by) {
    machine.step();
    if (sink(current) === STOP) return STOP;
  }
  return GO_ON;
}

function ranges(args: readonly Code[], { machine }: CompileContext): Code {
  const [a, b, c] = args;
  if (!b)
    return generator((value, env, sink) => (a as Code).each(value, env, (to) => range(0, to, sink, machine)), args);
  if (!c)
    return generator(
      (value, env, sink) =>
        (a as Code).each(value, env, (from) => b.each(value, env, (to) => range(from, to, sink, machine))),
      args,
      2,
    );
  return generator(
    (value, env, sink) =>
      (a as Code).each(value, env, (from) =>
        b.each(value, env, (to) => c.each(value, env, (by) => rangeBy(from, to, by, sink, machine))),
      ),
    args,
    4,
  );
}

/** `repeat(body)`: the outputs of a filter on the same input, over and over. */
function repeatForever(body: Code, { machine }: CompileContext): Code {
  const each: Each = (value, env, sink) => {
    for (;;) {
      machine.step();
      if (body.each(value, env, sink) === STOP) return STOP;
    }
  };
  const paths = (): Paths => (path, value, env, sink) => {
    for (;;) {
      machine.step();
      if (body.paths(path, value, env, sink) === STOP) return STOP;
    }
  };
  return multiple(each, [body], paths);
}

function haltError(value: Json): never {
  throw new Raise(value);
}

/** Choosing, repeating and ending. */
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
  native("recurse", 0, (_args, context) => recurseAll(context)),
  native("recurse", 1, ([next], context) => recurse(next as Code, context)),
  native("while", 2, ([condition, update], context) => loop(condition as Code, update as Code, "while", context)),
  native("until", 2, ([condition, update], context) => loop(condition as Code, update as Code, "until", context)),
  native("repeat", 1, ([update], context) => repeatForever(update as Code, context)),
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
  native("range", 1, ranges),
  native("range", 2, ranges),
  native("range", 3, ranges),
  // Nothing of the outside world is visible: no input stream, no environment, no terminal, no file.
  filter("input", () => raise("No more inputs")),
  native("inputs", 0, () => single(() => undefined, [])),
  filter("env", () => ({})),
  filter("input_filename", () => null),
  filter("input_line_number", () => 0),
  filter("get_search_list", () => []),
  native("debug", 0, () => identity()),
  native("debug", 1, ([message]) => afterEvaluating(message as Code)),
  native("stderr", 0, () => identity()),
  native("halt", 0, () => single(() => raise("halt is not available in expressions"), [])),
  native("halt_error", 0, () => single((value) => haltError(value), [])),
  native("halt_error", 1, ([status]) =>
    multiple(
      (value, env) =>
        (status as Code).each(value, env, (code) =>
          typeof code === "number" ? haltError(value) : raise(`${describe(value)} halt_error/1: number required`),
        ),
      [status as Code],
    ),
  ),
];

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
