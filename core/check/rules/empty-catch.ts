import type { Rule } from "../rule.ts";

/** A catch that makes every error disappear. */
export const emptyCatch: Rule = {
  code: "OW2021",
  name: "empty-catch",
  severity: "warning",
  summary: "A catch that swallows every error.",
  explanation:
    "The `catch` names no errors, tries nothing again and does nothing, so every error inside disappears without a trace in the output. Say which errors are meant with `errors.with`, or what to do with `do`, `then` or `retry`.",
  *find({ tasks }) {
    for (const { task, pointer } of tasks) {
      if ("try" in task && Object.keys(task.catch).every((key) => key === "as")) {
        yield {
          pointer: `${pointer}/catch`,
          at: "key",
          message: "Every error disappears here without a trace",
          hint: "name the errors with `errors.with`, or add a `do`",
        };
      }
    }
  },
};
