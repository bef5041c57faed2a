import type { Json } from "../../lib/json.ts";
import { type Machine, Raise } from "../machine.ts";
import { type Pattern, patternVariables } from "../syntax/ast.ts";
import { getElement, getIndex } from "../value/access.ts";
import {
  Break,
  Cell,
  Code,
  type Each,
  type Env,
  GO_ON,
  type One,
  type Path,
  type PathSink,
  type Paths,
  STOP,
  type Signal,
  heightOver,
  multiple,
  single,
} from "./code.ts";
import type { CompileContext, Scope } from "./context.ts";

/** Hands on the bindings that a value gives by a pattern; several where keys of the pattern have several outputs. */
type Match = (value: Json, env: Env, run: (bindings: Env) => Signal) => Signal;

/** Patterns compiled: how to match, and the scope of what follows. */
export interface Binder {
  readonly scope: Scope;
  /** The commonest case, `as $name`: one cell, no failure. */
  readonly isPlain: boolean;
  readonly match: Match;
  readonly codes: readonly Code[];
}

/** Compiles the patterns of `as`, `reduce` or `foreach`; with `?//`, each binds the variables of all, null where it has none. */
export function bindPatterns(patterns: readonly Pattern[], scope: Scope, context: CompileContext): Binder {
  const [first] = patterns;
  if (patterns.length === 1 && first?.type === "variable") {
    return {
      scope: scope.with("value", first.name),
      isPlain: true,
      match: (value, env, run) => run(new Cell(value, undefined, env)),
      codes: [],
    };
  }
  const names = [...new Set(patterns.flatMap(patternVariables))];
  let inner = scope;
  for (const name of names) inner = inner.with("value", name);
  const codes: Code[] = [];
  const matchers = patterns.map((pattern) => matchPattern(pattern, scope, context, codes));
  const match: Match = (value, env, run) => alternatives(matchers, names, value, env, run, context.machine);
  return { scope: inner, isPlain: false, match, codes };
}

/** Values of a pattern's variables by name, while a match is under way: an immutable list, latest first. */
interface Bound {
  readonly name: string;
  readonly value: Json;
  readonly next: Bound | undefined;
}

type Matcher = (value: Json, env: Env, bound: Bound | undefined, run: (bound: Bound | undefined) => Signal) => Signal;

/**
 * Tries the patterns in turn: an error, be it of the match or of what follows, leads to the next pattern; the last one's errors are final.
 */
function alternatives(
  matchers: readonly Matcher[],
  names: readonly string[],
  value: Json,
  env: Env,
  run: (bindings: Env) => Signal,
  machine: Machine,
): Signal {
  const enter = (bound: Bound | undefined): Signal => run(cellsOf(bound, names, env));
  for (let index = 0; index < matchers.length - 1; index++) {
    const { depth } = machine;
    try {
      return (matchers[index] as Matcher)(value, env, undefined, enter);
    } catch (error) {
      if (!(error instanceof Raise)) throw error;
      machine.depth = depth;
      machine.chargeError();
    }
  }
  return (matchers.at(-1) as Matcher)(value, env, undefined, enter);
}

function cellsOf(bound: Bound | undefined, names: readonly string[], env: Env): Env {
  let cells = env;
  for (const name of names) {
    let entry = bound;
    while (entry && entry.name !== name) entry = entry.next;
    cells = new Cell(entry ? entry.value : null, undefined, cells);
  }
  return cells;
}

function matchPattern(pattern: Pattern, scope: Scope, context: CompileContext, codes: Code[]): Matcher {
  switch (pattern.type) {
    case "variable": {
      const { name } = pattern;
      return (value, _env, bound, run) => run({ name, value, next: bound });
    }
    case "array": {
      const items = pattern.items.map((item) => matchPattern(item, scope, context, codes));
      return (value, env, bound, run) => {
        // As in jq, the last item is matched first.
        const take = (index: number, so: Bound | undefined): Signal => {
          const item = items[index];
          if (!item) return run(so);
          return item(getElement(value, index, context.machine), env, so, (next) => take(index - 1, next));
        };
        return take(items.length - 1, bound);
      };
    }
    case "object":
      return matchObject(pattern, scope, context, codes);
  }
}

function matchObject(
  pattern: Extract<Pattern, { type: "object" }>,
  scope: Scope,
  context: CompileContext,
  codes: Code[],
): Matcher {
  const entries = pattern.entries.map((entry) => {
    const key = context.compile(entry.key, scope);
    codes.push(key);
    return {
      key,
      variable: entry.variable,
      nested: entry.pattern && matchPattern(entry.pattern, scope, context, codes),
    };
  });
  return (value, env, bound, run) => {
    const take = (index: number, so: Bound | undefined): Signal => {
      const entry = entries[index];
      if (!entry) return run(so);
      // As in jq, a key is evaluated on the value that is being taken apart.
      context.machine.charge(10);
      return entry.key.each(value, env, (key) => {
        const item = getIndex(value, key, context.machine);
        const named = entry.variable === undefined ? so : { name: entry.variable, value: item, next: so };
        return entry.nested ? entry.nested(item, env, named, (next) => take(index + 1, next)) : take(index + 1, named);
      });
    };
    return take(0, bound);
  };
}

/** `source as patterns | body` */
export function bind(source: Code, binder: Binder, body: Code): Code {
  const parts = [source, body, ...binder.codes];
  const paths = (): Paths => (path, value, env, sink) =>
    source.each(value, env, (item) => binder.match(item, env, (bindings) => body.paths(path, value, bindings, sink)));
  const read = source.one;
  if (!read || !binder.isPlain) {
    const each: Each = (value, env, sink) =>
      source.each(value, env, (item) => binder.match(item, env, (bindings) => body.each(value, bindings, sink)));
    return new Code({ each, paths, height: heightOver(2 + 4 * (1 + binder.codes.length), ...parts) });
  }
  const run = body.one;
  if (run) {
    const one: One = (value, env) => {
      const item = read(value, env);
      return item === undefined ? undefined : run(value, new Cell(item, undefined, env));
    };
    return single(one, parts, paths);
  }
  const withBody =
    (next: Each): Each =>
    (value, env, sink) => {
      const item = read(value, env);
      return item === undefined ? GO_ON : next(value, new Cell(item, undefined, env), sink);
    };
  return multiple(withBody(body.each), parts, paths, withBody(body.tail));
}

/** The parts of a `reduce` or `foreach`. */
export interface Loop {
  readonly source: Code;
  readonly binder: Binder;
  readonly init: Code;
  readonly update: Code;
}

/** The state of a loop in path mode: a value and where it lies. */
interface PathState {
  path: Path;
  value: Json;
}

/** `reduce source as patterns (init; update)`: the last output of the update is the next state, none makes it null. */
export function reduce(
  loop: Loop,
  accumulate: ((value: Json, env: Env, init: Json) => Json) | undefined,
  machine: Machine,
): Code {
  const { source, binder, init, update } = loop;
  const parts = [source, init, update, ...binder.codes];
  const step = update.one;
  const run = (value: Json, env: Env, initial: Json): Json => {
    let state = initial;
    const signal = source.each(value, env, (item) =>
      binder.match(item, env, (bindings) => {
        const before = state;
        state = null;
        if (step) {
          state = step(before, bindings) ?? null;
          return GO_ON;
        }
        return update.each(before, bindings, (next) => {
          state = next;
          return GO_ON;
        });
      }),
    );
    if (signal === STOP) throw new Break(machine.breaking);
    return state;
  };
  const fold = accumulate ?? run;
  const paths = (): Paths => (path, value, env, sink) =>
    init.paths(path, value, env, (start, initial) => {
      const state: PathState = { path: start, value: initial };
      const signal = source.each(value, env, (item) =>
        binder.match(item, env, (bindings) => stepPath(state, update, bindings, machine, undefined)),
      );
      if (signal === STOP) return STOP;
      return sink(state.path, state.value);
    });
  const height = heightOver(6 + 4 * (1 + binder.codes.length), ...parts);
  const begin = init.one;
  if (!begin)
    return new Code({
      each: (value, env, sink) => init.each(value, env, (initial) => sink(fold(value, env, initial))),
      paths,
      height,
    });
  const one: One = (value, env) => {
    const initial = begin(value, env);
    return initial === undefined ? undefined : fold(value, env, initial);
  };
  return new Code({
    one,
    each: (value, env, sink) => {
      const output = one(value, env);
      return output === undefined ? GO_ON : sink(output);
    },
    paths,
    height,
  });
}

function stepPath(state: PathState, update: Code, bindings: Env, machine: Machine, emit: PathSink | undefined): Signal {
  const before = { ...state };
  state.value = null;
  machine.step();
  return update.paths(before.path, before.value, bindings, (path, value) => {
    state.path = path;
    state.value = value;
    return emit ? emit(path, value) : GO_ON;
  });
}

/** `foreach source as patterns (init; update; extract)`: every output of the update is the next state and is handed on through `extract`. */
export function foreach(loop: Loop, extract: Code | undefined, machine: Machine): Code {
  const { source, binder, init, update } = loop;
  const parts = [source, init, update, ...(extract ? [extract] : []), ...binder.codes];
  const each: Each = (value, env, sink) =>
    init.each(value, env, (initial) => {
      let state = initial;
      return source.each(value, env, (item) =>
        binder.match(item, env, (bindings) => {
          const before = state;
          state = null;
          machine.charge(2);
          return update.each(before, bindings, (next) => {
            state = next;
            return extract ? extract.each(next, bindings, sink) : sink(next);
          });
        }),
      );
    });
  const paths = (): Paths => (path, value, env, sink) =>
    init.paths(path, value, env, (start, initial) => {
      const state: PathState = { path: start, value: initial };
      return source.each(value, env, (item) =>
        binder.match(item, env, (bindings) =>
          stepPath(state, update, bindings, machine, (at, next) =>
            extract ? extract.paths(at, next, bindings, sink) : sink(at, next),
          ),
        ),
      );
    });
  return new Code({ each, paths, height: heightOver(6 + 4 * (1 + binder.codes.length), ...parts) });
}
