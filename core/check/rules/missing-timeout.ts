import type { Rule } from "../rule.ts";
import { type TaskVisit, enclosingTasks } from "../task-visit.ts";

/** A workflow that may wait for good. */
export const missingTimeout: Rule = {
  code: "OW2006",
  name: "missing-timeout",
  severity: "info",
  summary: "Nothing bounds how long the workflow may take.",
  explanation:
    "A call whose server never answers, or a `listen` for an event that never comes, keeps the workflow waiting. A `timeout` on the task, on a task around it or on the workflow ends that with an error that `try` can catch. Only the first such task is told.",
  *find({ document, tasks }) {
    if (document.timeout !== undefined) return;
    const unbounded = tasks.find((visit) => waitsForOthers(visit) && !isBounded(visit));
    if (unbounded === undefined) return;
    yield {
      pointer: unbounded.pointer,
      at: "key",
      message: `Nothing bounds how long the task "${unbounded.name}" may take`,
      hint: "add a `timeout` to the task or to the workflow",
    };
  },
};

function waitsForOthers({ kind, pointer }: TaskVisit): boolean {
  return !pointer.startsWith("/use/") && (kind === "call" || kind === "listen" || kind === "run");
}

function isBounded(visit: TaskVisit): boolean {
  return visit.task.timeout !== undefined || [...enclosingTasks(visit)].some(({ task }) => task.timeout !== undefined);
}
