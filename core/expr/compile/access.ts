import { type Json, isJsonArray, isJsonObject } from "../../lib/json.ts";
import { type Machine, Raise, raise } from "../machine.ts";
import { describe } from "../value/arithmetic.ts";
import { getElement, getField, getIndex, slice } from "../value/access.ts";
import { printExcerpt } from "../value/print.ts";
import {
  Code,
  type Each,
  type Env,
  GO_ON,
  type One,
  Path,
  type Paths,
  STOP,
  type Signal,
  type Sink,
  heightOver,
  multiple,
  single,
} from "./code.ts";

/** `.` */
export function identity(): Code {
  return new Code({
    one: (value) => value,
    each: (value, _env, sink) => sink(value),
    height: 1,
    paths: () => (path, value, _env, sink) => sink(path, value),
  });
}

/** The path a key is added to; an error where a filter before it left the paths. */
function onPath(path: Path, value: Json, attempt: () => string, machine: Machine): Path {
  if (!path.lost) return path;
  if (Object.is(path.lost.value, value)) return path.lost.path;
  return raise(`Invalid path expression near attempt to ${attempt()} ${printExcerpt(value, machine)}`);
}

function childPath(path: Path, value: Json, key: Json, machine: Machine): Path {
  return new Path(
    onPath(path, value, () => `access element ${printExcerpt(key, machine)} of`, machine),
    key,
  );
}

/** Reads a key; where the access is optional, an error is no output. */
type Read = (target: Json, key: Json) => Json | undefined;

function reader(optional: boolean, machine: Machine): Read {
  if (!optional) return (target, key) => getIndex(target, key, machine);
  return (target, key) => {
    try {
      return getIndex(target, key, machine);
    } catch (error) {
      if (!(error instanceof Raise)) throw error;
      machine.chargeError();
      return undefined;
    }
  };
}

/** `target[key]`; the key is evaluated first, on the input of the whole term. */
export function index(target: Code, key: Code, isIdentity: boolean, optional: boolean, machine: Machine): Code {
  const read = reader(optional, machine);
  const paths = (): Paths => indexPaths(target, key, read, machine);
  if (!target.one || !key.one) {
    const each: Each = (value, env, sink) =>
      key.each(value, env, (name) =>
        target.each(value, env, (container) => {
          const output = read(container, name);
          return output === undefined ? GO_ON : sink(output);
        }),
      );
    return multiple(each, [target, key], paths);
  }
  const fast = optional ? undefined : constantIndex(target.one, key.constant, isIdentity, machine);
  if (fast) return single(fast, [target, key], paths);
  const readTarget = target.one;
  const readKey = key.one;
  const one: One = (value, env) => {
    const name = readKey(value, env);
    if (name === undefined) return undefined;
    const container = readTarget(value, env);
    return container === undefined ? undefined : read(container, name);
  };
  return single(one, [target, key], paths);
}

function indexPaths(target: Code, key: Code, read: Read, machine: Machine): Paths {
  return (path, value, env, sink) =>
    key.each(value, env, (name) =>
      target.paths(path, value, env, (parent, container) => {
        const child = childPath(parent, container, name, machine);
        const output = read(container, name);
        return output === undefined ? GO_ON : sink(child, output);
      }),
    );
}

/** The closure for the commonest accesses: a constant name or position. */
function constantIndex(target: One, key: Json | undefined, isIdentity: boolean, machine: Machine): One | undefined {
  if (typeof key === "number") {
    if (isIdentity) return (value) => getElement(value, key, machine);
    return (value, env) => {
      const container = target(value, env);
      return container === undefined ? undefined : getElement(container, key, machine);
    };
  }
  if (typeof key !== "string") return undefined;
  // A name that every object inherits (`constructor`) needs the check for an own key; all others can be read directly.
  const read = key in Object.prototype ? getField : getPlainField;
  if (isIdentity) return (value) => read(value, key, machine);
  return (value, env) => {
    const container = target(value, env);
    return container === undefined ? undefined : read(container, key, machine);
  };
}

function getPlainField(target: Json, key: string, machine: Machine): Json {
  if (typeof target === "object" && target !== null && !Array.isArray(target)) {
    const value = (target as Readonly<Record<string, Json | undefined>>)[key];
    return value === undefined ? null : value;
  }
  return getField(target, key, machine);
}

/** `target[from:to]`; the bounds are evaluated first, on the input of the whole term. */
export function sliceTerm(target: Code, from: Code, to: Code, optional: boolean, machine: Machine): Code {
  const read = reader(optional, machine);
  const cut = (container: Json, start: Json, end: Json): Json | undefined =>
    optional ? read(container, { start, end }) : slice(container, start, end, machine);
  const paths = (): Paths => (path, value, env, sink) =>
    from.each(value, env, (start) =>
      to.each(value, env, (end) =>
        target.paths(path, value, env, (parent, container) => {
          const key = { start, end };
          const child = childPath(parent, container, key, machine);
          const output = cut(container, start, end);
          return output === undefined ? GO_ON : sink(child, output);
        }),
      ),
    );
  const [readTarget, readFrom, readTo] = [target.one, from.one, to.one];
  if (readTarget && readFrom && readTo) {
    const one: One = (value, env) => {
      const start = readFrom(value, env);
      const end = start === undefined ? undefined : readTo(value, env);
      const container = end === undefined ? undefined : readTarget(value, env);
      return container === undefined ? undefined : cut(container, start as Json, end as Json);
    };
    return single(one, [target, from, to], paths);
  }
  const each: Each = (value, env, sink) =>
    from.each(value, env, (start) =>
      to.each(value, env, (end) =>
        target.each(value, env, (container) => {
          const output = cut(container, start, end);
          return output === undefined ? GO_ON : sink(output);
        }),
      ),
    );
  return multiple(each, [target, from, to], paths);
}

/** Hands every element of a container to the sink. */
export function eachElement(container: Json, sink: Sink, optional: boolean, machine: Machine): Signal {
  if (isJsonArray(container)) {
    for (const item of container) {
      machine.step();
      if (sink(item) === STOP) return STOP;
    }
    return GO_ON;
  }
  if (isJsonObject(container)) {
    const keys = Object.keys(container);
    machine.chargeKeys(keys.length);
    for (const key of keys) {
      machine.step();
      if (sink(container[key] as Json) === STOP) return STOP;
    }
    return GO_ON;
  }
  return optional ? GO_ON : raise(`Cannot iterate over ${describe(container, machine)}`);
}

/** Hands every element of a container to the sink with its path. */
export function eachElementPath(
  path: Path,
  container: Json,
  sink: (path: Path, value: Json) => Signal,
  optional: boolean,
  machine: Machine,
): Signal {
  const parent = onPath(path, container, () => "iterate through", machine);
  if (isJsonArray(container)) {
    for (let position = 0; position < container.length; position++) {
      machine.step();
      if (sink(new Path(parent, position), container[position] as Json) === STOP) return STOP;
    }
    return GO_ON;
  }
  if (isJsonObject(container)) {
    const keys = Object.keys(container);
    machine.chargeKeys(keys.length);
    for (const key of keys) {
      machine.step();
      if (sink(new Path(parent, key), container[key] as Json) === STOP) return STOP;
    }
    return GO_ON;
  }
  return optional ? GO_ON : raise(`Cannot iterate over ${describe(container, machine)}`);
}

/** `target[]` */
export function iterate(target: Code, optional: boolean, machine: Machine): Code {
  const paths = (): Paths => (path, value, env, sink) =>
    target.paths(path, value, env, (parent, container) => eachElementPath(parent, container, sink, optional, machine));
  const readTarget = target.one;
  const each: Each = readTarget
    ? (value, env, sink) => {
        const container = readTarget(value, env);
        return container === undefined ? GO_ON : eachElement(container, sink, optional, machine);
      }
    : (value, env, sink) => target.each(value, env, (container) => eachElement(container, sink, optional, machine));
  return multiple(each, [target], paths);
}

/** A variable or the caller's value: read from a cell a known number of hops outwards. */
export function cellValue(hops: number): Code {
  const one: One =
    hops === 0 ? (_value, env) => (env as { readonly value: Json }).value : (_value, env) => cellAt(env, hops);
  return new Code({ one, each: (value, env, sink) => sink(one(value, env) as Json), height: 2 });
}

function cellAt(env: Env, hops: number): Json {
  let cell = env;
  for (let left = hops; left > 0; left--) cell = (cell as { readonly next: Env }).next;
  return (cell as { readonly value: Json }).value;
}

/** A filter run on the output of another: `left | right`. */
export function pipe(left: Code, right: Code): Code {
  const paths = (): Paths => (path, value, env, sink) =>
    left.paths(path, value, env, (between, output) => right.paths(between, output, env, sink));
  const first = left.one;
  if (!first)
    return multiple(
      (value, env, sink) => left.each(value, env, (output) => right.each(output, env, sink)),
      [left, right],
      paths,
    );
  const second = right.one;
  if (second) {
    const one: One = (value, env) => {
      const between = first(value, env);
      return between === undefined ? undefined : second(between, env);
    };
    return single(one, [left, right], paths);
  }
  const each: Each = (value, env, sink) => {
    const between = first(value, env);
    return between === undefined ? GO_ON : right.each(between, env, sink);
  };
  const tail: Each = (value, env, sink) => {
    const between = first(value, env);
    return between === undefined ? GO_ON : right.tail(between, env, sink);
  };
  return new Code({ each, tail, paths, height: heightOver(2, left, right) });
}
