import type { Rule } from "../rule.ts";

/** A fork that forks nothing. */
export const singleBranchFork: Rule = {
  code: "OW2016",
  name: "single-branch-fork",
  severity: "warning",
  summary: "A fork with one branch.",
  explanation:
    "With one branch nothing runs side by side. A `do` says the same, and its output is not wrapped in a list.",
  *find({ tasks }) {
    for (const { task, pointer } of tasks) {
      if ("fork" in task && task.fork.branches.length === 1)
        yield { pointer: `${pointer}/fork/branches`, at: "key", message: "This fork has only one branch" };
    }
  },
};
