/*
 * Flow directives, resolved to where they lead when a document is compiled (specification, section Flow Directive). The interpreter follows them in interpreter/flow-directive.ts.
 */

/** Where a task's `then` leads: to the next task, out of the list, to the end of the run, or to the task at an index of the same list. */
export type DirectiveTarget = "continue" | "exit" | "end" | number;

/** Resolves a directive among the names of the tasks of a list; undefined where it names none. The three words win over tasks of the same name. */
export function resolveDirective(
  then: string | undefined,
  siblings: readonly string[] | undefined,
): DirectiveTarget | undefined {
  if (then === undefined) return "continue";
  if (then === "continue" || then === "exit" || then === "end") return then;
  const index = siblings?.indexOf(then) ?? -1;
  return index < 0 ? undefined : index;
}
