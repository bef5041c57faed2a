import { type Json, type JsonObject, isJsonArray } from "../../lib/json.ts";
import {
  Code,
  type Each,
  GO_ON,
  type Path,
  type PathSink,
  type Paths,
  STOP,
  type Signal,
  type Sink,
  heightOver,
  multiple,
  single,
  Path as PathStep,
} from "../compile/code.ts";
import type { CompileContext } from "../compile/context.ts";
import { type Machine, raise } from "../machine.ts";
import { describe } from "../value/arithmetic.ts";
import { compare } from "../value/compare.ts";
import { isTruthy } from "../value/kind.ts";
import { type Builtin, generator, native } from "./builtin.ts";

/** Stack frames that one turn of a recursive generator takes besides its arguments. */
const TURN_FRAMES = 4;

/** A container whose elements are being visited; only objects have a list of keys. */
class Visit {
  readonly #container: Readonly<Record<string | number, Json>>;
  readonly #keys: readonly string[] | undefined;
  readonly #size: number;
  readonly path: Path | undefined;
  #next = 0;

  constructor(container: readonly Json[] | JsonObject, path: Path | undefined, machine: Machine) {
    this.#container = container as Readonly<Record<string | number, Json>>;
    this.#keys = isJsonArray(container) ? undefined : Object.keys(container);
    this.#size = (this.#keys ?? (container as readonly Json[])).length;
    this.path = path;
    if (this.#keys) machine.chargeKeys(this.#size);
    machine.charge(4);
  }

  get isOver(): boolean {
    return this.#next >= this.#size;
  }

  /** Goes on to the next element, whose key this is. */
  advance(): string | number {
    const position = this.#next++;
    return this.#keys ? (this.#keys[position] as string) : position;
  }

  at(key: string | number): Json {
    return this.#container[key] as Json;
  }
}

/** The innermost container that has elements left; those that have none are left. */
function innermost(visits: Visit[]): Visit | undefined {
  let visit = visits.at(-1);
  while (visit?.isOver) {
    visits.pop();
    visit = visits.at(-1);
  }
  return visit;
}

/** `recurse`: a value and everything in it, top down, with a stack of its own so that deep values need no JavaScript stack. */
function eachDescendant(root: Json, sink: Sink, machine: Machine): Signal {
  const visits: Visit[] = [];
  for (let value = root; ;) {
    machine.step();
    if (sink(value) === STOP) return STOP;
    if (value !== null && typeof value === "object") visits.push(new Visit(value, undefined, machine));
    const visit = innermost(visits);
    if (!visit) return GO_ON;
    value = visit.at(visit.advance());
  }
}

/** {@link eachDescendant} with paths. */
export function eachDescendantPath(start: Path, root: Json, sink: PathSink, machine: Machine): Signal {
  const visits: Visit[] = [];
  let path = start;
  for (let value = root; ;) {
    machine.charge(2);
    if (sink(path, value) === STOP) return STOP;
    if (value !== null && typeof value === "object") visits.push(new Visit(value, path, machine));
    const visit = innermost(visits);
    if (!visit) return GO_ON;
    const key = visit.advance();
    path = new PathStep(visit.path, key);
    value = visit.at(key);
  }
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
    return raise(`${describe(from, machine)} and ${describe(by, machine)} cannot be added`);
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

/** Producing outputs one after the other: ranges, loops, recursion. */
export const GENERATOR_BUILTINS: readonly Builtin[] = [
  native("recurse", 0, (_args, context) => recurseAll(context)),
  native("recurse", 1, ([next], context) => recurse(next as Code, context)),
  native("while", 2, ([condition, update], context) => loop(condition as Code, update as Code, "while", context)),
  native("until", 2, ([condition, update], context) => loop(condition as Code, update as Code, "until", context)),
  native("repeat", 1, ([update], context) => repeatForever(update as Code, context)),
  native("range", 1, ranges),
  native("range", 2, ranges),
  native("range", 3, ranges),
];
