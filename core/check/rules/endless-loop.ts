import { flowOf, reachableFrom, waysOut } from "../flow-graph.ts";
import type { Rule } from "../rule.ts";
import type { TaskListVisit } from "../task-visit.ts";

/** Tasks that lead to each other and never anywhere else. */
export const endlessLoop: Rule = {
  code: "OW2002",
  name: "endless-loop",
  severity: "warning",
  summary: "A loop without a way out.",
  explanation:
    "From this task on, every `then` leads back into the loop, so the workflow ends only by an error or a timeout. Add a `switch` with a way out. A loop that waits or listens is not told: it may be meant to go on for good.",
  *find({ lists }) {
    for (const list of lists) {
      if (list.role === "branches" || list.tasks.length === 0) continue;
      const flow = flowOf(list);
      const out = waysOut(flow);
      const trapped = [...reachableFrom(flow, 0)]
        .filter((index) => !out.has(index))
        .toSorted((left, right) => left - right);
      const told = new Set<number>();
      for (const index of trapped) {
        if (told.has(index)) continue;
        const loop = reachableFrom(flow, index);
        for (const member of loop) told.add(member);
        const visit = list.tasks[index];
        if (visit === undefined || waits(list, loop)) continue;
        yield {
          pointer: visit.pointer,
          at: "key",
          message: `The task "${visit.name}" starts a loop without a way out`,
        };
        break;
      }
    }
  },
};

function waits(list: TaskListVisit, loop: ReadonlySet<number>): boolean {
  return [...loop].some((index) => ["wait", "listen"].includes(list.tasks[index]?.kind ?? ""));
}
