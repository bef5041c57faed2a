import type { Rule } from "../rule.ts";
import { type TaskVisit, enclosingTasks } from "../task-visit.ts";

/** An export by one of several tasks that run side by side. */
export const exportInFork: Rule = {
  code: "OW2004",
  name: "export-in-fork",
  severity: "warning",
  summary: "An `export` inside of a branch.",
  explanation:
    "`export.as` replaces the whole context. Branches run side by side, so which of two exports comes last is a matter of timing, and it undoes the other unless it starts from `$context` (`$context + { mine: . }`). Exporting once, after the fork, is safer.",
  *find({ tasks }) {
    for (const visit of tasks) {
      const exported = visit.task.export?.as;
      if (exported === undefined || !isInBranch(visit)) continue;
      if (typeof exported === "string" && exported.includes("$context")) continue;
      yield {
        pointer: `${visit.pointer}/export`,
        at: "key",
        message: "This export replaces the context while other branches run",
        hint: "start from $context, or export after the fork",
      };
    }
  },
};

function isInBranch(visit: TaskVisit): boolean {
  if (visit.list?.role === "branches") return true;
  return [...enclosingTasks(visit)].some((owner) => owner.list?.role === "branches");
}
