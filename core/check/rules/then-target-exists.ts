import { didYouMean } from "../../lib/did-you-mean.ts";
import { childPointer } from "../../lib/json-pointer.ts";
import type { Rule, RuleFinding } from "../rule.ts";
import type { TaskListVisit, TaskVisit } from "../task-visit.ts";

const DIRECTIVES = ["continue", "exit", "end"];
const NO_NAMES: ReadonlySet<string> = new Set();

/** A `then` leads to a task of the same list: jumps into or out of other lists have no meaning. */
export const thenTargetExists: Rule = {
  code: "OW1102",
  name: "then-target-exists",
  severity: "error",
  summary: "A `then` that leads to no task of the same list.",
  explanation:
    "`then` is `continue`, `exit`, `end`, or the name of a task in the same list. Tasks of inner or outer lists cannot be reached by name: use `exit` to leave the list and a `then` on the task around it. Branches of a `fork` run side by side, so none of them can lead to another; a function of `use.functions` stands in no list.",
  *find({ tasks, lists }) {
    const namesOf = new Map<TaskListVisit, ReadonlySet<string>>();
    for (const list of lists)
      if (list.role !== "branches") namesOf.set(list, new Set(list.tasks.map(({ name }) => name)));
    for (const visit of tasks) {
      const names = (visit.list === undefined ? undefined : namesOf.get(visit.list)) ?? NO_NAMES;
      for (const [pointer, directive] of directives(visit)) {
        if (!DIRECTIVES.includes(directive) && !names.has(directive)) yield finding(pointer, directive, [...names]);
      }
    }
  },
};

function finding(pointer: string, directive: string, names: readonly string[]): RuleFinding {
  const meant = didYouMean(directive, [...names, ...DIRECTIVES]);
  const known =
    names.length === 0
      ? "no task can be reached from here, only continue, exit and end are possible"
      : `tasks here: ${names.slice(0, 12).join(", ")}`;
  return {
    pointer,
    message: `Cannot go to "${directive}": no task of this list has that name`,
    hint: meant === undefined ? known : `did you mean "${meant}"?`,
  };
}

function directives({ task, pointer }: TaskVisit): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  if (task.then !== undefined) found.push([`${pointer}/then`, task.then]);
  if ("try" in task && task.catch.then !== undefined) found.push([`${pointer}/catch/then`, task.catch.then]);
  if ("switch" in task) {
    for (const [index, item] of task.switch.entries()) {
      for (const [name, { then }] of Object.entries(item))
        found.push([`${childPointer(`${pointer}/switch/${index}`, name)}/then`, then]);
    }
  }
  return found;
}
