import { childPointer } from "../../lib/json-pointer.ts";
import type { RuleContext } from "../rule-context.ts";
import type { Rule } from "../rule.ts";

/** A function that calls itself, directly or through others. */
export const functionRecursion: Rule = {
  code: "OW2024",
  name: "function-recursion",
  severity: "warning",
  summary: "A function that calls itself.",
  explanation:
    "The function calls itself, directly or through other functions. Without a condition that stops it, the call nests until the limit of depth is reached and the run fails. Only the first such function is told.",
  *find(context) {
    const calls = callsOf(context);
    const [name] = inCircles(calls);
    if (name === undefined) return;
    yield { pointer: childPointer("/use/functions", name), at: "key", message: `The function "${name}" calls itself` };
  },
};

/** The functions that remain when those that call none of the rest, and then those that none of the rest calls, are taken away. */
function inCircles(calls: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const callers = new Map<string, Set<string>>([...calls.keys()].map((name) => [name, new Set()]));
  for (const [name, called] of calls) for (const callee of called) callers.get(callee)?.add(name);
  const leading = without(calls.keys(), calls, callers);
  return [...without(leading, callers, calls)];
}

/** Takes away, again and again, what has no successor left. */
function without(
  names: Iterable<string>,
  successors: ReadonlyMap<string, ReadonlySet<string>>,
  predecessors: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> {
  const rest = new Set(names);
  const left = new Map(
    [...rest].map((name) => [name, [...(successors.get(name) ?? [])].filter((next) => rest.has(next)).length]),
  );
  const done = new Set([...rest].filter((name) => left.get(name) === 0));
  for (const name of done) {
    rest.delete(name);
    for (const before of predecessors.get(name) ?? []) {
      const remaining = (left.get(before) ?? 0) - 1;
      left.set(before, remaining);
      if (remaining === 0 && rest.has(before)) done.add(before);
    }
  }
  return rest;
}

/** Which functions each function calls. */
function callsOf(context: RuleContext): ReadonlyMap<string, ReadonlySet<string>> {
  const names = Object.keys(context.document.use?.functions ?? {});
  const calls = new Map(names.map((name) => [name, new Set<string>()]));
  const ownerByPointer = new Map(names.map((name) => [childPointer("/use/functions", name), name]));
  for (const { pointer, value } of context.texts("call")) {
    const [owner] = /^\/use\/functions\/[^/]*/u.exec(pointer) ?? [];
    const caller = owner === undefined ? undefined : ownerByPointer.get(owner);
    if (caller !== undefined && calls.has(value)) calls.get(caller)?.add(value);
  }
  return calls;
}
