import type { Rule } from "../rule.ts";

/** Names of tasks are unique in their list: `then` and pointers could not tell them apart. */
export const uniqueTaskNames: Rule = {
  code: "OW1101",
  name: "unique-task-names",
  severity: "error",
  summary: "Two tasks of the same list have the same name.",
  explanation:
    "A `then` names a task of the same list, and events and errors name tasks too. With two tasks of one name they would be ambiguous. Rename one of them; tasks of different lists may share a name.",
  *find({ lists }) {
    for (const { tasks } of lists) {
      const first = new Map<string, number>();
      for (const { name, pointer, index } of tasks) {
        const earlier = first.get(name);
        if (earlier === undefined) first.set(name, index);
        else
          yield {
            pointer,
            at: "key",
            message: `Cannot use the name "${name}" twice: task ${earlier + 1} of the same list has it, names should be unique`,
          };
      }
    }
  },
};
