import type { Rule } from "../rule.ts";

/** A `then` that is never followed. */
export const thenOnRaise: Rule = {
  code: "OW2014",
  name: "then-on-raise",
  severity: "warning",
  summary: "A `then` on a task that raises an error.",
  explanation:
    "After `raise` comes the nearest `catch`, or the end of the workflow, never the task named by `then`. And a task that is skipped by its `if` goes on to the next one. Remove the `then`.",
  *find({ tasks }) {
    for (const { task, kind, pointer } of tasks) {
      if (kind === "raise" && task.then !== undefined)
        yield {
          pointer: `${pointer}/then`,
          at: "key",
          message: "This `then` is never followed: the task raises an error",
        };
    }
  },
};
