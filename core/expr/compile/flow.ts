import type { Json } from "../../lib/json.ts";
import { type Machine, Raise } from "../machine.ts";
import { isTruthy } from "../value/kind.ts";
import {
  Break,
  Cell,
  Code,
  type Each,
  type Env,
  GO_ON,
  type One,
  type Paths,
  STOP,
  type Signal,
  climb,
  departed,
  multiple,
  single,
} from "./code.ts";

/** `left, right` */
export function comma(left: Code, right: Code, machine: Machine): Code {
  const paths = (): Paths => (path, value, env, sink) => {
    machine.step();
    return left.paths(path, value, env, sink) === STOP ? STOP : right.paths(path, value, env, sink);
  };
  const each: Each = (value, env, sink) => {
    machine.step();
    return left.each(value, env, sink) === STOP ? STOP : right.each(value, env, sink);
  };
  const tail: Each = (value, env, sink) => {
    machine.step();
    return left.each(value, env, sink) === STOP ? STOP : right.tail(value, env, sink);
  };
  return multiple(each, [left, right], paths, tail);
}

/** `if condition then consequent else otherwise end` */
export function conditional(condition: Code, consequent: Code, otherwise: Code): Code {
  const parts = [condition, consequent, otherwise];
  const paths = (): Paths => (path, value, env, sink) =>
    condition.each(value, env, (outcome) => (isTruthy(outcome) ? consequent : otherwise).paths(path, value, env, sink));
  const test = condition.one;
  if (!test)
    return multiple(
      (value, env, sink) =>
        condition.each(value, env, (outcome) => (isTruthy(outcome) ? consequent : otherwise).each(value, env, sink)),
      parts,
      paths,
    );
  const [yes, no] = [consequent.one, otherwise.one];
  if (yes && no) {
    const one: One = (value, env) => {
      const outcome = test(value, env);
      if (outcome === undefined) return undefined;
      return outcome !== null && outcome !== false ? yes(value, env) : no(value, env);
    };
    return single(one, parts, paths);
  }
  const branch = (value: Json, env: Env): Code | undefined => {
    const outcome = test(value, env);
    return outcome === undefined ? undefined : isTruthy(outcome) ? consequent : otherwise;
  };
  const each: Each = (value, env, sink) => branch(value, env)?.each(value, env, sink) ?? GO_ON;
  const tail: Each = (value, env, sink) => branch(value, env)?.tail(value, env, sink) ?? GO_ON;
  return multiple(each, parts, paths, tail);
}

/** `and` and `or`: the right side is evaluated only where the left side does not decide. */
export function logical(left: Code, right: Code, decisive: boolean): Code {
  const [first, second] = [left.one, right.one];
  if (first && second) {
    const one: One = (value, env) => {
      const outcome = first(value, env);
      if (outcome === undefined) return undefined;
      if (isTruthy(outcome) === decisive) return decisive;
      const other = second(value, env);
      return other === undefined ? undefined : isTruthy(other);
    };
    return single(one, [left, right]);
  }
  const each: Each = (value, env, sink) =>
    left.each(value, env, (outcome) =>
      isTruthy(outcome) === decisive ? sink(decisive) : right.each(value, env, (other) => sink(isTruthy(other))),
    );
  return multiple(each, [left, right]);
}

/** `left // right`: the true outputs of the left side, or else the right side; errors are not caught. */
export function alternative(left: Code, right: Code): Code {
  const parts = [left, right];
  const paths = (): Paths => (path, value, env, sink) => {
    let found = false;
    const signal = left.paths(path, value, env, (at, output) => {
      if (!isTruthy(output)) return GO_ON;
      found = true;
      return sink(at, output);
    });
    return found || signal === STOP ? signal : right.paths(path, value, env, sink);
  };
  const [first, second] = [left.one, right.one];
  if (first && second) {
    const one: One = (value, env) => {
      const output = first(value, env);
      return output !== undefined && output !== null && output !== false ? output : second(value, env);
    };
    return single(one, parts, paths);
  }
  const eachWith =
    (last: Each): Each =>
    (value, env, sink) => {
      let found = false;
      const signal = left.each(value, env, (output) => {
        if (!isTruthy(output)) return GO_ON;
        found = true;
        return sink(output);
      });
      return found || signal === STOP ? signal : last(value, env, sink);
    };
  return multiple(eachWith(right.each), parts, paths, eachWith(right.tail));
}

/** Runs what follows an output, so that its errors are known not to be the producer's own. */
type Guard = (run: () => Signal) => Signal;

/**
 * Runs a producer; an error of its own goes to the handler, an error of what it feeds does not: the producer's sinks are wrapped, and what they throw is remembered as not to be caught.
 */
function attempted(each: (guard: Guard) => Signal, machine: Machine, handler: (error: Json) => Signal): Signal {
  let downstream: { readonly error: unknown } | undefined;
  const { depth } = machine;
  let caught: Json;
  try {
    return each((run) => {
      try {
        return run();
      } catch (error) {
        downstream = { error };
        throw error;
      }
    });
  } catch (error) {
    if (!(error instanceof Raise) || downstream?.error === error) throw error;
    machine.depth = depth;
    machine.chargeError();
    caught = error.value;
  }
  return handler(caught);
}

/** `try body catch handler`; without a handler (`?`), an error is no output. */
export function attempt(body: Code, handler: Code | undefined, machine: Machine): Code {
  const parts = handler ? [body, handler] : [body];
  const paths = (): Paths => (path, value, env, sink) =>
    attempted(
      (guard) => body.paths(path, value, env, (at, output) => guard(() => sink(at, output))),
      machine,
      // The error is no part of the input: a path that starts from it is lost.
      (error) => handler?.paths(departed(path, value, error), error, env, sink) ?? GO_ON,
    );
  const [run, recover] = [body.one, handler?.one];
  if (run && (recover || !handler)) {
    const one: One = (value, env) => {
      const { depth } = machine;
      try {
        return run(value, env);
      } catch (error) {
        if (!(error instanceof Raise)) throw error;
        machine.depth = depth;
        machine.chargeError();
        return recover?.(error.value, env);
      }
    };
    return single(one, parts, paths);
  }
  const each: Each = (value, env, sink) =>
    attempted(
      (guard) => body.each(value, env, (output) => guard(() => sink(output))),
      machine,
      (error) => handler?.each(error, env, sink) ?? GO_ON,
    );
  return multiple(each, parts, paths);
}

/** `label $name | body`: a `break $name` inside ends the body, and nothing else. */
export function label(body: Code, machine: Machine): Code {
  const run = (cell: Cell, produce: () => Signal): Signal => {
    const { depth } = machine;
    try {
      const signal = produce();
      if (signal !== STOP || machine.breaking !== cell) return signal;
    } catch (error) {
      if (!(error instanceof Break) || error.label !== cell) throw error;
      machine.chargeError();
    }
    machine.depth = depth;
    machine.breaking = undefined;
    return GO_ON;
  };
  const each: Each = (value, env, sink) => {
    const cell = new Cell(null, undefined, env);
    return run(cell, () => body.each(value, cell, sink));
  };
  const paths = (): Paths => (path, value, env, sink) => {
    const cell = new Cell(null, undefined, env);
    return run(cell, () => body.paths(path, value, cell, sink));
  };
  return multiple(each, [body], paths);
}

/** `break $name` */
export function breakOut(hops: number, machine: Machine): Code {
  const each = (_value: Json, env: Env): Signal => {
    machine.breaking = climb(env, hops) as Cell;
    return STOP;
  };
  return new Code({ each, height: 1, paths: () => (_path, value, env) => each(value, env) });
}

/** The first output of a producer, or undefined; a `break` that wants to leave becomes an exception. */
export function firstOf(code: Code, value: Json, env: Env, machine: Machine): Json | undefined {
  if (code.one) return code.one(value, env);
  let found: Json | undefined;
  const signal = code.each(value, env, (output) => {
    found = output;
    return STOP;
  });
  if (signal === STOP && found === undefined) throw new Break(machine.breaking);
  return found;
}
