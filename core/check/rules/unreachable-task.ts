import { flowOf, leadsNowhere, reachableFrom } from "../flow-graph.ts";
import type { Rule } from "../rule.ts";

/** A task that no way leads to. */
export const unreachableTask: Rule = {
  code: "OW2001",
  name: "unreachable-task",
  severity: "warning",
  summary: "A task that can never run.",
  explanation:
    "Every way through the list goes past this task: the one before it always ends, exits or goes elsewhere, and no `then` names it. Either it is left over, or a `then` is missing. Only the first of several such tasks in a row is told, and none while a `then` of the list names no task.",
  *find({ lists }) {
    for (const list of lists) {
      if (list.role === "branches" || list.tasks.length === 0 || leadsNowhere(list)) continue;
      const reached = reachableFrom(flowOf(list), 0);
      for (const { name, pointer, index } of list.tasks) {
        if (!reached.has(index) && (index === 0 || reached.has(index - 1))) {
          yield { pointer, at: "key", message: `The task "${name}" can never run: no way leads to it` };
        }
      }
    }
  },
};
