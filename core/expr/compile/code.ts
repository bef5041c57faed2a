import type { Json } from "../../lib/json.ts";

/*
 * Theory of operation. Every node of the syntax tree becomes a Code: closures that evaluate it. A filter gives any number of outputs, but most give at most one, and that is known
 * before it runs: such a Code has `one`, which returns the output directly. All have `each`, which hands every output to a callback; a callback that has enough answers STOP, which
 * travels back through everything that is still producing. `tail` is `each` for calls in tail position: it may answer TAIL_CALL instead of calling, and the nearest caller loops, so
 * that recursion there needs no stack. `paths` is `each` that also tells where in the input an output lies; it is built only where an assignment or `path(…)` asks for it.
 */

/** What a producer is told, and tells its own caller: go on, stop, or (from `tail` only) a call is left to be made. */
export type Signal = 0 | 1 | 2;
export const GO_ON: Signal = 0;
export const STOP: Signal = 1;
export const TAIL_CALL: Signal = 2;

/** Takes the outputs of a filter one by one. */
export type Sink = (value: Json) => Signal;

/** Takes the outputs of a filter together with where they lie. */
export type PathSink = (path: Path, value: Json) => Signal;

export type One = (value: Json, env: Env) => Json | undefined;
export type Each = (value: Json, env: Env, sink: Sink) => Signal;
export type Paths = (path: Path, value: Json, env: Env, sink: PathSink) => Signal;

/** A filter passed as an argument, with the bindings of the place where it was written. */
export interface Closure {
  readonly code: Code;
  readonly env: Env;
}

/** The bindings in force: an immutable list, innermost first, so that a closure keeps its own whatever runs later. */
export type Env = Cell | null;

/** One binding: a variable's value or a parameter's closure. A label is a cell too, known by its identity. */
export class Cell {
  readonly value: Json;
  readonly closure: Closure | undefined;
  readonly next: Env;

  constructor(value: Json, closure: Closure | undefined, next: Env) {
    this.value = value;
    this.closure = closure;
    this.next = next;
  }
}

/** The binding a known number of cells outwards. */
export function climb(env: Env, hops: number): Env {
  let cell = env;
  for (let left = hops; left > 0; left--) cell = (cell as Cell).next;
  return cell;
}

/** Where a value lies: the keys from the root, innermost first. */
export class Path {
  readonly parent: Path | undefined;
  readonly key: Json;
  /** Set when a filter left the paths: the last place and value that were on one. */
  readonly lost: { readonly path: Path; readonly value: Json } | undefined;

  constructor(parent: Path | undefined, key: Json, lost?: { readonly path: Path; readonly value: Json }) {
    this.parent = parent;
    this.key = key;
    this.lost = lost;
  }
}

/** The path of the root itself. */
export const ROOT = new Path(undefined, null);

/** The keys of a path from the root. */
export function pathKeys(path: Path): Json[] {
  const keys: Json[] = [];
  for (let step = path; step.parent !== undefined; step = step.parent) keys.push(step.key);
  return keys.reverse();
}

/** jq compares by identity whether a value is still the one at its path; NaN is identical to itself. */
function isIdentical(left: Json, right: Json): boolean {
  return Object.is(left, right);
}

/** The path after a filter that is no path expression turned `before` into `after`. */
export function departed(path: Path, before: Json, after: Json): Path {
  if (path.lost) return isIdentical(path.lost.value, after) ? path.lost.path : path;
  return isIdentical(before, after) ? path : new Path(undefined, null, { path, value: before });
}

/** How a Code is made; see {@link Code}. */
interface CodeParts {
  readonly one?: One;
  readonly each: Each;
  readonly tail?: Each;
  readonly paths?: () => Paths;
  readonly height: number;
  readonly constant?: Json;
}

/** A compiled filter. */
export class Code {
  /** Present exactly when the filter gives at most one output; undefined means none. */
  readonly one: One | undefined;
  readonly each: Each;
  readonly tail: Each;
  /** How many JavaScript frames an evaluation may stack up, calls to recursive functions not included. */
  readonly height: number;
  /** The value, where it is the same for every input. */
  readonly constant: Json | undefined;
  readonly #makePaths: (() => Paths) | undefined;
  #paths: Paths | undefined;

  constructor(parts: CodeParts) {
    this.one = parts.one;
    this.each = parts.each;
    this.tail = parts.tail ?? parts.each;
    this.height = parts.height;
    this.constant = parts.constant;
    this.#makePaths = parts.paths;
  }

  /** The filter as a path expression; one that is none loses the path, which is an error only if the path is needed. */
  get paths(): Paths {
    this.#paths ??= this.#makePaths ? this.#makePaths() : pathless(this);
    return this.#paths;
  }
}

function pathless(code: Code): Paths {
  return (path, value, env, sink) => code.each(value, env, (output) => sink(departed(path, value, output), output));
}

/** The height of a filter over its parts. */
export function heightOver(own: number, ...parts: readonly Code[]): number {
  let highest = 0;
  for (const part of parts) if (part.height > highest) highest = part.height;
  return own + highest;
}

/** A filter of at most one output. */
export function single(one: One, parts: readonly Code[], paths?: () => Paths): Code {
  const each: Each = (value, env, sink) => {
    const output = one(value, env);
    return output === undefined ? GO_ON : sink(output);
  };
  return new Code({ one, each, height: heightOver(2, ...parts), ...(paths ? { paths } : {}) });
}

/** A filter of any number of outputs. */
export function multiple(each: Each, parts: readonly Code[], paths?: () => Paths, tail?: Each): Code {
  return new Code({ each, height: heightOver(2, ...parts), ...(paths ? { paths } : {}), ...(tail ? { tail } : {}) });
}

/** A filter that always gives the same value. */
export function constant(value: Json): Code {
  return new Code({ one: () => value, each: (_value, _env, sink) => sink(value), height: 1, constant: value });
}

/** Crosses from a filter of one output, which has no signal to return, to the label that a `break` looks for. */
export class Break {
  readonly label: object | undefined;

  constructor(label: object | undefined) {
    this.label = label;
  }
}
