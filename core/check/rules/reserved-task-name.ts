import type { Rule } from "../rule.ts";

/** No task is called like a flow directive. */
export const reservedTaskName: Rule = {
  code: "OW1130",
  name: "reserved-task-name",
  severity: "error",
  summary: "A task with the name of a flow directive.",
  explanation:
    "`then: end` ends the workflow; with a task named `end` nobody could tell what is meant. The same goes for `continue` and `exit`. Rename the task.",
  *find({ tasks }) {
    for (const { name, pointer } of tasks) {
      if (name === "continue" || name === "exit" || name === "end") {
        yield {
          pointer,
          at: "key",
          message: `Cannot name a task "${name}": it is a flow directive, the name should be another`,
        };
      }
    }
  },
};
