import type { Json } from "../../lib/json.ts";
import {
  Cell,
  Code,
  type Each,
  type Env,
  GO_ON,
  type One,
  type PathSink,
  type Paths,
  type Signal,
  type Sink,
  TAIL_CALL,
  climb,
  heightOver,
  multiple,
  single,
} from "./code.ts";
import type { CompileContext, Scope, UserFunction } from "./context.ts";

/** Compiles a function where it is defined, whether or not it is called, so that every mistake in it is found. */
export function define(fn: UserFunction, context: CompileContext): void {
  const { parameters, body } = fn.definition;
  let scope = fn.scope.withFunction(fn);
  for (const parameter of parameters) scope = scope.with("closure", parameter.name);
  for (const parameter of parameters) if (parameter.isValue) scope = scope.with("value", parameter.name);
  fn.code = context.compile(body, scope);
}

/** A call of a function written in jq. */
export function callFunction(fn: UserFunction, args: readonly Code[], scope: Scope, context: CompileContext): Code {
  const hops = scope.depth - fn.scope.depth;
  const enter = entry(fn, args, hops);
  const known = fn.code;
  if (known?.one && enter.one) return inlineCall(known, known.one, enter.one, args);
  return trampolinedCall(fn, args, enter, context);
}

/** Building the bindings of a call: directly where every value parameter has one value, else once for every combination. */
interface Entry {
  readonly one: ((value: Json, env: Env) => Env | undefined) | undefined;
  readonly each: (value: Json, env: Env, run: (bindings: Env) => Signal) => Signal;
}

function entry(fn: UserFunction, args: readonly Code[], hops: number): Entry {
  const { parameters } = fn.definition;
  const valueArgs = args.filter((_arg, index) => parameters[index]?.isValue);
  const bindClosures = (env: Env): Env => {
    let bindings = climb(env, hops);
    for (const code of args) bindings = new Cell(null, { code, env }, bindings);
    return bindings;
  };
  const each: Entry["each"] = (value, env, run) => {
    const bind = (index: number, bindings: Env): Signal => {
      const arg = valueArgs[index];
      if (!arg) return run(bindings);
      return arg.each(value, env, (output) => bind(index + 1, new Cell(output, undefined, bindings)));
    };
    return bind(0, bindClosures(env));
  };
  if (args.length === 0) return { one: hops === 0 ? (_value, env) => env : (_value, env) => climb(env, hops), each };
  if (!valueArgs.every((arg) => arg.one)) return { one: undefined, each };
  const one: Entry["one"] = (value, env) => {
    let bindings = bindClosures(env);
    for (const arg of valueArgs) {
      const output = (arg.one as One)(value, env);
      if (output === undefined) return undefined;
      bindings = new Cell(output, undefined, bindings);
    }
    return bindings;
  };
  return { one, each };
}

/** A function that is not recursive and gives at most one output is as cheap as if it were written out. */
function inlineCall(
  body: Code,
  run: One,
  enter: (value: Json, env: Env) => Env | undefined,
  args: readonly Code[],
): Code {
  const one: One = (value, env) => {
    const bindings = enter(value, env);
    return bindings === undefined ? undefined : run(value, bindings);
  };
  const paths = (): Paths => (path, value, env, sink) => {
    const bindings = enter(value, env);
    return bindings === undefined ? GO_ON : body.paths(path, value, bindings, sink);
  };
  return single(one, [body, ...args], paths);
}

function trampolinedCall(fn: UserFunction, args: readonly Code[], enter: Entry, context: CompileContext): Code {
  const { machine, pending } = context;
  const invoke = (value: Json, bindings: Env, sink: Sink): Signal =>
    trampoline(fn.code as Code, value, bindings, sink, context);
  const each: Each = (value, env, sink) => {
    machine.charge(8);
    if (!enter.one) return enter.each(value, env, (bindings) => invoke(value, bindings, sink));
    const bindings = enter.one(value, env);
    return bindings === undefined ? GO_ON : invoke(value, bindings, sink);
  };
  const tail: Each = (value, env, sink) => {
    if (!enter.one) return each(value, env, sink);
    // What a call binds may be kept for as long as the recursion lasts: it costs memory, and so steps.
    machine.charge(7 * args.length);
    const bindings = enter.one(value, env);
    if (bindings === undefined) return GO_ON;
    pending.code = fn.code;
    pending.value = value;
    pending.env = bindings;
    return TAIL_CALL;
  };
  const paths = (): Paths => (path, value, env, sink) => {
    machine.step();
    return enter.each(value, env, (bindings) =>
      nested(fn.code as Code, context, (code) => code.paths(path, value, bindings, sink)),
    );
  };
  return new Code({
    each,
    tail,
    paths,
    height: heightOver(4 + 2 * args.length, ...args, ...(fn.code ? [fn.code] : [])),
  });
}

/** Runs a body and then, in a loop, the calls it leaves in tail position. */
function trampoline(code: Code, value: Json, env: Env, sink: Sink, context: CompileContext): Signal {
  const { machine, pending } = context;
  return nested(code, context, () => {
    let signal = code.tail(value, env, sink);
    while (signal === TAIL_CALL) {
      machine.charge(2);
      signal = (pending.code as Code).tail(pending.value, pending.env, sink);
    }
    return signal;
  });
}

/** Counts a call against the depth budget while it runs. */
function nested(code: Code, context: CompileContext, run: (code: Code) => Signal): Signal {
  const { machine } = context;
  const cost = code.height + 3;
  machine.enter(cost);
  const signal = run(code);
  machine.leave(cost);
  return signal;
}

/** A call of a parameter: the argument is evaluated with the bindings of the place where it was written. */
export function callClosure(hops: number, context: CompileContext): Code {
  const { machine, pending } = context;
  const at = (env: Env): { readonly code: Code; readonly env: Env } =>
    (climb(env, hops) as Cell).closure as { readonly code: Code; readonly env: Env };
  const each: Each = (value, env, sink) => {
    const closure = at(env);
    machine.charge(closure.code.one ? 2 : 14);
    if (closure.code.one) {
      const output = closure.code.one(value, closure.env);
      return output === undefined ? GO_ON : sink(output);
    }
    return trampoline(closure.code, value, closure.env, sink, context);
  };
  const tail: Each = (value, env) => {
    const closure = at(env);
    pending.code = closure.code;
    pending.value = value;
    pending.env = closure.env;
    return TAIL_CALL;
  };
  const paths = (): Paths => (path, value, env, sink: PathSink) => {
    machine.step();
    const closure = at(env);
    return nested(closure.code, context, (code) => code.paths(path, value, closure.env, sink));
  };
  return multiple(each, [], paths, tail);
}
