import type { Rule } from "../rule.ts";

/** A `then` that says what happens anyway. */
export const redundantThen: Rule = {
  code: "OW2023",
  name: "redundant-then",
  severity: "info",
  summary: "A `then` that leads to the next task.",
  explanation: "Without a `then` the next task of the list comes next. Naming it makes the list harder to rearrange.",
  *find({ lists }) {
    for (const { tasks, role } of lists) {
      if (role === "branches") continue;
      for (const { task, pointer, index } of tasks) {
        if (task.then !== undefined && task.then === tasks[index + 1]?.name)
          yield { pointer: `${pointer}/then`, message: `"${task.then}" is the next task anyway` };
      }
    }
  },
};
