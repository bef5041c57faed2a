import type { Rule } from "../rule.ts";

/** A switch that may match nothing. */
export const switchWithoutDefault: Rule = {
  code: "OW2015",
  name: "switch-without-default",
  severity: "info",
  summary: "A switch without a default case.",
  explanation:
    "When no case holds, the switch follows its own `then`, which is `continue` unless it is written. A case without `when`, or a `then` on the task, says what is meant.",
  *find({ tasks }) {
    for (const { task, pointer } of tasks) {
      if (!("switch" in task) || task.then !== undefined) continue;
      const hasDefault = task.switch.some((item) => Object.values(item).some(({ when }) => when === undefined));
      if (!hasDefault)
        yield {
          pointer: `${pointer}/switch`,
          at: "key",
          message: "This switch goes on to the next task when no case holds",
          hint: "add a case without `when`, or a `then` to the task",
        };
    }
  },
};
