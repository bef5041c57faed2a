import { type Json, isJsonArray } from "../../lib/json.ts";
import { listPaths, usablePath } from "../compile/assignment.ts";
import {
  Code,
  type Each,
  GO_ON,
  type Path,
  Path as PathStep,
  type Paths,
  ROOT,
  STOP,
  type Sink,
  heightOver,
  multiple,
  pathKeys,
  single,
} from "../compile/code.ts";
import type { CompileContext } from "../compile/context.ts";
import { type Machine, raise } from "../machine.ts";
import { isTruthy } from "../value/kind.ts";
import { deletePaths, getPath, setPath } from "../value/paths.ts";
import { printExcerpt } from "../value/print.ts";
import { type Builtin, native, operation } from "./builtin.ts";
import { eachDescendantPath } from "./generators.ts";

function path(body: Code, { machine }: CompileContext): Code {
  const each: Each = (value, env, sink) =>
    body.paths(ROOT, value, env, (at, output) => sink(charged(usablePath(at, output, machine), machine)));
  return multiple(each, [body]);
}

function charged(keys: Json[], machine: Machine): Json[] {
  machine.charge(9 + keys.length);
  return keys;
}

/** The paths below the root at which a filter, if there is one, says yes. */
function paths(condition: Code | undefined, { machine }: CompileContext): Code {
  const each: Each = (value, env, sink) =>
    eachDescendantPath(
      ROOT,
      value,
      (at, output) => {
        if (!condition) return at.parent ? sink(charged(pathKeys(at), machine)) : GO_ON;
        return condition.each(output, env, (outcome) =>
          isTruthy(outcome) && at.parent ? sink(charged(pathKeys(at), machine)) : GO_ON,
        );
      },
      machine,
    );
  return new Code({ each, height: condition ? heightOver(4, condition) : 4 });
}

/** `getpath`: null where the path leads through null; a path expression itself. */
function getpath(keys: Code, { machine }: CompileContext): Code {
  const appended = (start: Path, value: Json, path: Json): Path => {
    if (start.lost && !Object.is(start.lost.value, value))
      return raise(
        `Invalid path expression near attempt to access element ${printExcerpt(path, machine)} of ${printExcerpt(value, machine)}`,
      );
    return (path as readonly Json[]).reduce<Path>(
      (at, key) => new PathStep(at, key),
      start.lost ? start.lost.path : start,
    );
  };
  const makePaths = (): Paths => (start, value, env, sink) =>
    keys.each(value, env, (path) => {
      const output = getPath(value, path, machine);
      return sink(appended(start, value, path), output);
    });
  const read = keys.one;
  if (!read)
    return multiple(
      (value, env, sink) => keys.each(value, env, (path) => sink(getPath(value, path, machine))),
      [keys],
      makePaths,
    );
  return single(
    (value, env) => {
      const path = read(value, env);
      return path === undefined ? undefined : getPath(value, path, machine);
    },
    [keys],
    makePaths,
  );
}

function pick(body: Code, { machine }: CompileContext): Code {
  return single(
    (value, env) => {
      let result: Json = null;
      for (const keys of listPaths(body, value, env, machine))
        result = setPath(result, keys, getPath(value, keys, machine), machine);
      return result;
    },
    [body],
  );
}

/** A container that is being streamed; only objects have a list of keys. */
interface Frame {
  readonly container: readonly Json[] | Readonly<Record<string, Json>>;
  readonly keys: readonly string[] | undefined;
  readonly size: number;
  next: number;
}

/** `tostream`: every leaf as [path, value], and a closing [path] after the last element of every container. */
function tostream({ machine }: CompileContext): Code {
  const each: Each = (root, _env, sink) => {
    const stack: Frame[] = [];
    const prefix: Json[] = [];
    let value: Json = root;
    for (;;) {
      machine.charge(7 + prefix.length);
      if (isContainer(value)) {
        const keys = isJsonArray(value) ? undefined : Object.keys(value);
        if (keys) machine.chargeKeys(2 * keys.length);
        stack.push({ container: value, keys, size: keys ? keys.length : (value as readonly Json[]).length, next: 0 });
      } else if (sink([[...prefix], value]) === STOP) {
        return STOP;
      }
      let frame = stack.at(-1);
      while (frame && frame.next >= frame.size) {
        if (sink([[...prefix]]) === STOP) return STOP;
        stack.pop();
        prefix.pop();
        frame = stack.at(-1);
      }
      if (!frame) return GO_ON;
      if (frame.next > 0) prefix.pop();
      const key = frame.keys ? (frame.keys[frame.next] as string) : frame.next;
      frame.next++;
      prefix.push(key);
      value = (frame.container as Readonly<Record<string | number, Json>>)[key] as Json;
    }
  };
  return multiple(each, []);
}

function isContainer(value: Json): value is readonly Json[] | Readonly<Record<string, Json>> {
  if (value === null || typeof value !== "object") return false;
  return isJsonArray(value) ? value.length > 0 : Object.keys(value).length > 0;
}

/** `fromstream`: values put together again from what `tostream` gives. */
function fromstream(source: Code, { machine }: CompileContext): Code {
  const each: Each = (value, env, sink) => {
    let built: Json = null;
    let isComplete = false;
    const take: Sink = (event) => {
      machine.step();
      if (isComplete) {
        built = null;
        isComplete = false;
      }
      if (!isJsonArray(event)) return raise("Invalid streaming format");
      const keys = event[0] as Json;
      if (!isJsonArray(keys)) return raise("Invalid streaming format");
      if (event.length === 2) {
        isComplete = keys.length === 0;
        built = setPath(built, keys, event[1] as Json, machine);
      } else {
        isComplete = keys.length === 1;
      }
      return isComplete ? sink(built) : GO_ON;
    };
    return source.each(value, env, take);
  };
  return multiple(each, [source]);
}

function del(body: Code, { machine }: CompileContext): Code {
  return single((value, env) => deletePaths(value, listPaths(body, value, env, machine), machine), [body]);
}

/** Paths: listing, reading, writing, streaming. */
export const PATH_BUILTINS: readonly Builtin[] = [
  native("path", 1, ([body], context) => path(body as Code, context)),
  native("paths", 0, (_args, context) => paths(undefined, context)),
  native("paths", 1, ([condition], context) => paths(condition, context)),
  native("leaf_paths", 0, (_args, context) =>
    paths(
      single((value) => value === null || typeof value !== "object", []),
      context,
    ),
  ),
  native("getpath", 1, ([keys], context) => getpath(keys as Code, context)),
  operation("setpath", 2, (value, [keys, item], machine) => setPath(value, keys as Json, item as Json, machine)),
  operation("delpaths", 1, (value, [keys], machine) => deletePaths(value, keys as Json, machine)),
  native("del", 1, ([body], context) => del(body as Code, context)),
  native("pick", 1, ([body], context) => pick(body as Code, context)),
  native("tostream", 0, (_args, context) => tostream(context)),
  native("fromstream", 1, ([source], context) => fromstream(source as Code, context)),
];
