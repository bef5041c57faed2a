import { childPointer } from "../../lib/json-pointer.ts";
import type { RuleContext } from "../rule-context.ts";
import type { Rule } from "../rule.ts";

/** A function that calls itself, directly or through others. */
export const functionRecursion: Rule = {
  code: "OW2024",
  name: "function-recursion",
  severity: "warning",
  summary: "A function that calls itself.",
  explanation: "The function calls itself, directly or through other functions. Without a condition that stops it, the call nests until the limit of depth is reached and the run fails.",
  *find(context) {
    const calls = callsOf(context);
    for (const name of calls.keys()) {
      const reached = new Set(calls.get(name));
      for (const callee of reached) for (const next of calls.get(callee) ?? []) reached.add(next);
      if (reached.has(name)) yield { pointer: childPointer("/use/functions", name), at: "key", message: `The function "${name}" calls itself` };
    }
  },
};

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
